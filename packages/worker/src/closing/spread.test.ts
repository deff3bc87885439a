import { nextStep, windowOf } from './spread.ts';

describe('the window', () => {
  test('is the last part of the grace, with a second for the last answer', () => {
    expect(windowOf(30_000, 5_000, false)).toEqual({ startMs: 25_000, endMs: 29_000 });
  });

  test('is never more than half of it', () => {
    expect(windowOf(4_000, 5_000, false)).toEqual({ startMs: 2_000, endMs: 3_500 });
    expect(windowOf(0, 5_000, false)).toEqual({ startMs: 0, endMs: 0 });
  });

  test('of a quick stop begins and ends at once', () => {
    expect(windowOf(2_000, 5_000, true)).toEqual({ startMs: 0, endMs: 0 });
  });

  test('is none without a spread, at a quick stop neither', () => {
    expect(windowOf(30_000, 0, false)).toBeUndefined();
    expect(windowOf(2_000, 0, true)).toBeUndefined();
  });
});

/** Runs the given number of milliseconds; returns the time of each close. */
function closes(count: number, windowMs: number, random: () => number): number[] {
  const times: number[] = [];
  for (let now = 0, left = count; left > 0; ) {
    const { close, pauseMs } = nextStep(left, windowMs - now, random());
    for (let n = 0; n < close; n++) times.push(now);
    left -= close;
    now += pauseMs;
  }
  return times;
}

describe('a step', () => {
  test('closes one after the other, evenly', () => {
    expect(closes(4, 4_000, () => 0.5)).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test.each([0, 0.999])('stays within the window with the random number %d', (random) => {
    const times = closes(40, 4_000, () => random);
    expect(times).toHaveLength(40);
    expect(new Set(times).size).toBe(40);
    expect(times.at(-1)).toBeLessThan(4_000);
  });

  test('closes several at a time when there are more than timers can tell apart', () => {
    const times = closes(10_000, 4_000, () => 0.5);
    expect(times).toHaveLength(10_000);
    expect(times.at(-1)).toBeLessThanOrEqual(4_000);
    const perSecond = [0, 1, 2, 3].map(
      (second) => times.filter((t) => Math.floor(t / 1_000) === second).length,
    );
    for (const count of perSecond) expect(Math.abs(count - 2_500)).toBeLessThan(30);
  });

  test('closes all that is left when the time is over', () => {
    expect(nextStep(7, 0, 0.5).close).toBe(7);
    expect(nextStep(7, -100, 0.5).close).toBe(7);
  });

  test('looks again when nothing is left', () => {
    const { close, pauseMs } = nextStep(0, 1_000, 0.5);
    expect(close).toBe(0);
    expect(pauseMs).toBeGreaterThan(0);
  });
});
