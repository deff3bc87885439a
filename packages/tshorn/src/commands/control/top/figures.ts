/** Figures as the table shows them: short, and of a width that does not jump. Pure. */
import { DURATION_BOUNDS, formatMemory } from '@tshorn/core';

const NONE = '-';

/** `0`, `3.2`, `214`, `12,345`, `124k`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 10) return perSecond.toFixed(1);
  return many(Math.round(perSecond));
}

/** `12,345`, `124k`, `3.4M`. */
export function many(count: number): string {
  if (count < 100_000) return count.toLocaleString('en-US');
  return count < 1_000_000 ? `${Math.round(count / 1_000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

const FIRST_MS = (DURATION_BOUNDS[0] ?? 0) * 1_000;
const LAST_MS = (DURATION_BOUNDS.at(-1) ?? 0) * 1_000;

/** A percentile: nothing is known within the first bucket, nor above the last bound. */
export function percentileText(ms: number | undefined): string {
  if (ms === undefined) return NONE;
  if (ms < FIRST_MS) return `<${FIRST_MS}ms`;
  return ms >= LAST_MS ? `>${LAST_MS / 1_000}s` : duration(ms);
}

export function duration(ms: number | undefined): string {
  if (ms === undefined) return NONE;
  if (ms < 10) return `${ms.toFixed(1)}ms`;
  return ms < 999.5 ? `${Math.round(ms)}ms` : `${(ms / 1_000).toFixed(1)}s`;
}

export const share = (part: number | undefined): string =>
  part === undefined ? NONE : `${Math.round(part * 100)}%`;

export const cores = (cpu: number | undefined): string => (cpu === undefined ? NONE : cpu.toFixed(2));

/** A worker that has not told its memory yet holds none. */
export const memory = (bytes: number): string => (bytes === 0 ? NONE : formatMemory(bytes));

const LEVELS = '▁▂▃▄▅▆▇█';

/** One character for each of the last figures, the newest at the right. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 1);
  const level = (value: number) => LEVELS[Math.round((value / most) * (LEVELS.length - 1))] ?? '';
  return shown.map(level).join('').padStart(width);
}
