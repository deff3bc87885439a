/** The few statistics that the tables show. */

/** @param {number[]} values @param {number} q 0..1 @returns {number} NaN of nothing */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median of the rounds' own ratios. Neighbours in time share the machine's mood, so this is
 * steadier than the ratio of two medians.
 * @param {number[]} above @param {number[]} below one value per round, in the same order
 */
export const pairedRatio = (above, below) => median(above.map((value, round) => value / below[round]));

/** Interquartile range of the values, as a share of their median. */
export const spread = (values) => (quantile(values, 0.75) - quantile(values, 0.25)) / median(values);

/**
 * Requests of a CPU second as a multiple of the other's: over all rounds, and the least and the most of the starts by themselves.
 * @param {import('./alternate.mjs').Sample[]} own @param {import('./alternate.mjs').Sample[]} other
 */
export function cpuRatio(own, other) {
  const ratios = own.map(({ cpuUs, start }, round) => ({ start, ratio: other[round].cpuUs / cpuUs }));
  const of = (start) => median(ratios.filter((one) => one.start === start).map(({ ratio }) => ratio));
  const starts = [...new Set(ratios.map(({ start }) => start))].map(of);
  return {
    ratio: median(ratios.map(({ ratio }) => ratio)),
    least: Math.min(...starts),
    most: Math.max(...starts),
  };
}
