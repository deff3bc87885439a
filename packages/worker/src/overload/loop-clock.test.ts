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
  const clock = new LoopClock();
  work(clock, 0.03, 100);
  await turn();
  expect(clock.isBusy).toBe(false);
  work(clock, 0.03, 200);
  expect(clock.isBusy).toBe(true);
});

test('behind a long request the loop is busy until it has read nothing for some turns', async () => {
  const clock = new LoopClock();
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
