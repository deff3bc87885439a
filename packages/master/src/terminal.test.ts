import { Terminal } from './terminal.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function setUp(areControlled = true) {
  const state: { lostAt?: number } = {};
  const replaceLost = jest.fn(() => state.lostAt);
  const terminal = new Terminal({ areOnTerminal: true, areControlled, replaceLost });
  return { state, terminal, replaceLost };
}

it('has closed when a stream of it is lost', () => {
  const { state, terminal } = setUp();
  expect(terminal.hasJustClosed).toBe(false);
  state.lostAt = performance.now();
  expect(terminal.hasJustClosed).toBe(true);
  terminal.close();
});

it('is looked for, so that the time of its end is known when a signal comes later', () => {
  const { terminal, replaceLost } = setUp();
  jest.advanceTimersByTime(3_000);
  expect(replaceLost).toHaveBeenCalledTimes(3);
  terminal.close();
  jest.advanceTimersByTime(3_000);
  expect(replaceLost).toHaveBeenCalledTimes(3);
});

it('has not just closed when the master has lived on without it', () => {
  const { state, terminal } = setUp();
  state.lostAt = performance.now();
  jest.advanceTimersByTime(10_000);
  expect(terminal.hasJustClosed).toBe(false);
  terminal.close();
});

it('does not close for a master that it does not control', () => {
  const { state, terminal } = setUp(false);
  state.lostAt = performance.now();
  expect(terminal.hasJustClosed).toBe(false);
  terminal.close();
});
