import { formatDuration, parseDuration } from './duration.ts';

it.each([
  [30, 30_000],
  [0.5, 500],
  ['30', 30_000],
  ['500ms', 500],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  [' 2 m ', 120_000],
  [0, 0],
  ['', undefined],
  ['-1s', undefined],
  [-1, undefined],
  ['1d', undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  // One past what a timer of Node can wait; it would fire at once.
  [2_147_483.648, undefined],
  [null, undefined],
])('a duration of %j is %j milliseconds', (input, ms) => {
  expect(parseDuration(input)).toBe(ms);
});

it('a duration is written so that it reads back the same', () => {
  for (const ms of [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000, 5_400_000]) {
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  }
});
