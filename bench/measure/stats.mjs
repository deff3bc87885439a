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
