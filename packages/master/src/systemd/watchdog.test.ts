import { watchdogInterval } from './watchdog.ts';

test.each([
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
  [{ WATCHDOG_USEC: '1' }, 1],
  [{ WATCHDOG_USEC: '18446744073709551615' }, 2_147_483_647],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
  [{}, undefined],
])('%j: a heartbeat of the process 7 every %s ms', (env, expected) => {
  expect(watchdogInterval(env, 7)).toBe(expected);
});
