import { fisher } from './fisher.ts';

it('agrees with values worked out by hand', () => {
  expect(fisher(3, 4, 1, 4)).toBeCloseTo(17 / 70, 10); // the tea tasting lady
  expect(fisher(8, 8, 0, 10)).toBeCloseTo(1 / 43_758, 12);
  expect(fisher(0, 10, 0, 10)).toBe(1);
});

it('is near the normal approximation for large counts', () => {
  // z = 3.09 is one in a thousand.
  expect(fisher(1_098, 10_000, 1_000 * 9 - 8, 90_000)).toBeLessThan(1e-2);
  expect(fisher(100, 10_000, 900, 90_000)).toBeGreaterThan(0.4);
});
