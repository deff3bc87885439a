/** The heat map under the latency chart: a column for each point, a row for each bucket of the histogram. */
import type uPlot from 'uplot';
import type { Table } from './past.ts';
import { colour } from './theme.ts';

/** Rows that are always shown, so that the map of a fast server has a shape. */
const LEAST_ROWS = 6;

/** Rows up to the highest bucket that a request fell into. */
export function heatRange({ buckets }: Table): [number, number] {
  const highest = Math.max(0, ...buckets.map((counts) => counts?.findLastIndex((count) => count > 0) ?? 0));
  // One more for the letters of the marks.
  return [0, Math.max(LEAST_ROWS, highest + 1) + 1];
}

/** Bounds that are labelled: place and text. */
export function heatTicks(bounds: readonly number[], rows: number): Map<number, string> {
  const step = rows > 9 ? 3 : 2;
  const ticks = new Map<number, string>();
  for (let place = 1; place < rows; place += step) {
    const bound = bounds[place - 1];
    if (bound !== undefined) ticks.set(place, bound < 1 ? `${bound * 1000} ms` : `${bound} s`);
  }
  return ticks;
}

export function drawHeat(plot: uPlot, { at, buckets, stepMs }: Table): void {
  const { ctx, bbox } = plot;
  const most = Math.max(1, ...buckets.map((counts) => Math.max(0, ...(counts ?? []))));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour('heat');
  for (const [n, counts] of buckets.entries()) {
    if (!counts) continue;
    // Both are rounded alike, so that columns neither overlap nor leave a gap.
    const right = Math.round(plot.valToPos(at[n] as number, 'x', true));
    const left = Math.round(plot.valToPos((at[n] as number) - stepMs / 1000, 'x', true));
    for (const [bucket, count] of counts.entries()) {
      if (count === 0) continue;
      // The root: a few slow requests among many fast ones are what one looks for.
      ctx.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / most);
      const top = Math.round(plot.valToPos(bucket + 1, 'y', true));
      const bottom = Math.round(plot.valToPos(bucket, 'y', true));
      ctx.fillRect(left, top, Math.max(1, right - left), bottom - top - 1);
    }
  }
  ctx.restore();
}
