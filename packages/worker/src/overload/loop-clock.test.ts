import { LoopClock } from './loop-clock.ts';

// A machine that is late would be told of by the timer.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] }));
afterEach(() => void jest.useRealTimers());

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Pieces of work with nothing between them. */
function work(clock: LoopClock, pieceMs: number, times: number): void {
  for (let from = 1_000; from < 1_000 + pieceMs * times - pieceMs / 2; from += pieceMs)
    clock.worked(from, from + pieceMs);
}

test('short requests do not have the loop read again, until they have taken 5 ms together', async () => {
  const clock = new LoopClock(200);
  work(clock, 0.03, 100);
  await turn();
  expect(clock.isBusy).toBe(false);
  work(clock, 0.03, 200);
  expect(clock.isBusy).toBe(true);
});

test('behind a long request the loop is busy until it has read nothing for some turns', async () => {
  const clock = new LoopClock(200);
  work(clock, 10, 1);
  await turn();
  expect(clock.isBusy).toBe(true);
  expect(clock.waitedMs).toBe(5);
  for (let at = 0; at < 10; at++) {
    clock.read();
    await turn();
    expect(clock.isBusy).toBe(true);
  }
  for (let at = 0; at < 5; at++) await turn();
  expect(clock.isBusy).toBe(false);
});

test('a loop without a rest is busy, whoever it works for, and what it reads may have waited since it last had read all', async () => {
  let now = performance.now();
  const clocked = jest.spyOn(performance, 'now').mockImplementation(() => now);
  const clock = new LoopClock(200);
  now += 50;
  jest.advanceTimersByTime(20);
  expect(clock.isBusy).toBe(true);
  // It grows with the clock, until the end of the kernel's queue.
  expect(clock.waitedMs).toBeCloseTo(25);
  now += 1_000;
  clock.readAll(now - 60_000);
  expect(clock.waitedMs).toBe(200);
  clocked.mockRestore();
});
