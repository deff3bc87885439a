/** Durations in a histogram, in the units of the heat map's vertical axis: the bucket's number, and the part of it. */

/**
 * The place that this part of the requests does not exceed; null without requests. Within a bucket the durations count as
 * evenly spread.
 */
export function placeOf(counts: readonly number[] | null, part: number): number | null {
  const total = counts?.reduce((sum, count) => sum + count, 0) ?? 0;
  if (!counts || total === 0) return null;
  const rank = part * total;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) return bucket + (rank - below) / count;
    below += count;
  }
  return counts.length;
}

/** A place as milliseconds. The last bucket has no end: it counts as its begin. */
export function msAt(place: number | null | undefined, bounds: readonly number[]): number | undefined {
  if (place === null || place === undefined) return undefined;
  const bucket = Math.max(0, Math.min(Math.ceil(place) - 1, bounds.length));
  const from = bounds[bucket - 1] ?? 0;
  const to = bounds[bucket] ?? from;
  return (from + (to - from) * (place - bucket)) * 1000;
}
