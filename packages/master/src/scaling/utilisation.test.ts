import type { Vital } from '../vitals.ts';
import { Utilisation } from './utilisation.ts';

const vital = (at: number, activeMs: number, more: Partial<Vital> = {}): Vital => ({
  at,
  aliveAt: at,
  requests: at / 10,
  rss: 1,
  loopDelayMs: 0,
  loop: { activeMs, idleMs: at - activeMs, cpuMs: activeMs / 2 },
  ...more,
});

test('it is that between the last two heartbeats, however often somebody looks', () => {
  const utilisation = new Utilisation();
  const look = (last: Vital, at = last.at) => utilisation.of([1], () => last, at)[0];
  expect(look(vital(2_000, 1_000))).toMatchObject({ busy: 0 });
  expect(look(vital(4_000, 2_500))).toMatchObject({ busy: 0.75, cpu: 0.375, requests: 100 });
  expect(look(vital(4_000, 2_500), 5_000)).toMatchObject({ busy: 0.75 });
  expect(look(vital(6_000, 2_500))).toMatchObject({ busy: 0, cpu: 0 });
});

test('a worker whose heartbeat is overdue is busy, and one that has told nothing is not', () => {
  const utilisation = new Utilisation();
  expect(utilisation.of([1], () => vital(2_000, 0), 6_500)[0]).toMatchObject({ busy: 1 });
  // Its figures are older: it is at rest.
  expect(utilisation.of([1], () => vital(2_000, 0, { aliveAt: 6_000 }), 6_500)[0]).toMatchObject({ busy: 0 });
  expect(utilisation.of([2], () => undefined, 6_500)[0]).toMatchObject({ busy: 0 });
});
