import { formatMs } from './units.ts';

test.each([
  [0, '0ms'],
  [999.4, '999ms'],
  [999.6, '1.0s'],
  [1_400, '1.4s'],
  [59_940, '59.9s'],
  [59_960, '1m 0s'],
  [119_499, '1m 59s'],
  [119_500, '2m 0s'],
  [125_000, '2m 5s'],
])('%d ms is written as %s: no part reaches the next unit', (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});
