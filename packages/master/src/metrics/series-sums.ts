/** Arithmetic of histograms of requests. Pure; nothing is changed in place. */
import type { Series } from '@tshorn/core';

export const keyOf = ({ method, status, route = '' }: Omit<Series, 'counts' | 'sumMs'>): string =>
  `${method} ${status} ${route}`;

export const addSeries = (one: Series, other: Series): Series => ({
  ...other,
  counts: addCounts(one.counts, other.counts),
  sumMs: one.sumMs + other.sumMs,
});

/** Of two reports of one worker: none of its counts falls. */
export const higherSeries = (before: Series, now: Series): Series => ({
  ...now,
  counts: higherCounts(before.counts, now.counts),
  sumMs: Math.max(before.sumMs, now.sumMs),
});

export const addCounts = (one: readonly number[], other: readonly number[]): number[] =>
  other.map((count, at) => count + (one[at] ?? 0));

export const higherCounts = (before: readonly number[], now: readonly number[]): number[] =>
  now.map((count, at) => Math.max(count, before[at] ?? 0));
