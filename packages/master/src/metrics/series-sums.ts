/** Arithmetic of histograms of requests. Pure; nothing is changed in place. */
import type { Series } from '@tshorn/core';

export const keyOf = ({ method, status, route = '' }: Omit<Series, 'counts' | 'sumMs'>): string =>
  `${method} ${status} ${route}`;

/**
 * Milliseconds in 1024ths. Sums of those are exact, in any order: otherwise a counter would fall by its last digit when a
 * newer worker of a slot leaves before an older one, and Prometheus takes any fall for a restart.
 */
export const exactMs = (ms: number): number => Math.round(ms * 1_024) / 1_024;

export const addSeries = (one: Series, other: Series): Series => ({
  ...other,
  counts: addCounts(one.counts, other.counts),
  sumMs: one.sumMs + other.sumMs,
});

/** Of two reports of one worker: none of its counts falls. */
export const higherSeries = (before: Series, now: Series): Series => ({
  ...now,
  counts: higherCounts(before.counts, now.counts),
  sumMs: Math.max(before.sumMs, exactMs(now.sumMs)),
});

export const addCounts = (one: readonly number[], other: readonly number[]): number[] =>
  other.map((count, at) => count + (one[at] ?? 0));

export const higherCounts = (before: readonly number[], now: readonly number[]): number[] =>
  now.map((count, at) => Math.max(count, before[at] ?? 0));
