import { Rate } from './rate.ts';

test('so many in so long, and the others are counted', () => {
  const rate = new Rate(2, 1_000);
  expect([0, 10, 20, 999].map((now) => rate.take(now))).toEqual([true, true, false, false]);
  rate.skip(5);
  expect(rate.takeSkipped()).toBe(7);
  expect(rate.takeSkipped()).toBe(0);
  expect([1_000, 1_005, 1_010].map((now) => rate.take(now))).toEqual([true, false, true]);
});
