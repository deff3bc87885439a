import { binomial, designEffect, fisher } from './statistics.ts';

describe('fisher', () => {
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
});

describe('binomial', () => {
  it('is the upper tail', () => {
    expect(binomial(10, 10, 0.5)).toBeCloseTo(1 / 1024, 12);
    expect(binomial(1, 2, 0.5)).toBeCloseTo(0.75, 12);
    expect(binomial(0, 2, 0.5)).toBe(1);
  });
});

describe('designEffect', () => {
  it('is 1 for what is spread evenly, and near the size of the clump for clumps', () => {
    const even = Array.from({ length: 20 }, (_, i) => ({ hits: i % 2, of: 50 }));
    const clumped = Array.from({ length: 20 }, (_, i) => ({ hits: i === 3 ? 15 : 0, of: 50 }));
    expect(designEffect(even)).toBe(1);
    expect(designEffect(clumped)).toBeGreaterThan(13);
  });
});
