import { bytes, cores, ms, number, percent, span, took } from './format.ts';
import { msAt, placeOf } from './quantile.ts';

test('figures are as short as their size allows', () => {
  expect([0, 0.42, 12.34, 99.96, 1_204.4, undefined].map(number)).toEqual([
    '0',
    '0.4',
    '12.3',
    '100.0',
    '1,204',
    '–',
  ]);
  expect([0.31, 9.94, 9.96, 850, 2_400].map(ms)).toEqual(['0.3 ms', '9.9 ms', '10 ms', '850 ms', '2.4 s']);
  expect([84e6, 999.6e6, 1.24e9].map(bytes)).toEqual(['84 MB', '1.0 GB', '1.2 GB']);
  expect([0, 0.423, 1].map(percent)).toEqual(['0 %', '42 %', '100 %']);
  expect([0, 2.743].map(cores)).toEqual(['0.00', '2.74']);
});

test('spans have two units at the most', () => {
  const second = 1_000;
  const spans = [0, 8, 184, 7_860, 442_800].map((seconds) => span(seconds * second));
  expect(spans).toEqual(['0 s', '8 s', '3 m 04 s', '2 h 11 m', '5 d 03 h']);
  expect([4, 80, 2_400, 184_000].map(took)).toEqual(['4 ms', '80 ms', '2.4 s', '3 m 04 s']);
});

test('a quantile is a place between the bounds of a bucket, and back as milliseconds', () => {
  const bounds = [0.005, 0.01, 0.025];
  expect(placeOf([0, 0, 0, 0], 0.5)).toBeNull();
  expect(placeOf(null, 0.5)).toBeNull();
  expect(placeOf([10, 10, 0, 0], 0.5)).toBe(1);
  expect(placeOf([10, 10, 0, 0], 0.75)).toBe(1.5);
  expect(msAt(1, bounds)).toBeCloseTo(5);
  expect(msAt(1.5, bounds)).toBeCloseTo(7.5);
  // The last bucket has no end.
  expect(msAt(placeOf([0, 0, 0, 5], 0.99), bounds)).toBeCloseTo(25);
  expect(msAt(null, bounds)).toBeUndefined();
});
