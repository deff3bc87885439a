/**
 * Is the canary slower than the old workers, or does its event loop stand still more often? Both are asked
 * only of the time after its warm-up: a cold process is slow until its code is compiled and its pools are
 * filled. Pure.
 */
import { BUCKETS, bucketOf, bucketStart, type Counts, noCounts } from '@tshorn/core';
import { binomial, designEffect, fisher } from './statistics.ts';
import { addTo, type Side, type Slice } from './tally.ts';

/** The chance of a mistake in one look; the looks of a whole watch stay below 1 % (judge.test.ts). */
export const ALPHA = 1e-4;

/** The canary's first requests say nothing about its speed. */
export const WARM_UP_REQUESTS = 100;
/** Nor does this share of its time, of 5 s at most. */
const WARM_UP_SHARE = 0.2;
const WARM_UP_MOST_MS = 5_000;

/** Fewer slices cannot tell a slow release from one pause. */
const LEAST_SLICES = 5;
/** A release is slow all the time: slow requests are in so many of its slices, and in this share of them. */
const SPREAD = { least: 5, share: 1 / 3 };
/** A difference below this harms nobody, in milliseconds. */
const LEAST_DIFFERENCE_MS = 1;

interface QuantileRule {
  readonly quantile: number;
  readonly name: string;
  /** So many times the old workers' quantile is tolerated. */
  readonly tolerance: number;
  /** Requests that each side has to have answered after the warm-up. */
  readonly least: number;
}

const RULES: readonly QuantileRule[] = [
  { quantile: 0.5, name: 'p50', tolerance: 3, least: 50 },
  { quantile: 0.99, name: 'p99', tolerance: 4, least: 200 },
];

/** Event loops: so many stalled samples, and such a share of all, is too much. */
const STALLS = { least: 8, share: 0.25, ratio: 3 };

const total = (counts: Counts, from = 0): number => {
  let sum = 0;
  for (let bucket = from; bucket < counts.length; bucket++) sum += counts[bucket] ?? 0;
  return sum;
};

function sumOf(slices: readonly Slice[]): number[] {
  const sum = noCounts();
  for (const { latency } of slices) addTo(sum, latency);
  return sum;
}

/** The end of the bucket in which the quantile lies, in milliseconds. */
export function quantileOf(counts: Counts, quantile: number): number {
  let left = quantile * total(counts);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    left -= counts[bucket] ?? 0;
    if (left <= 0) return bucketStart(bucket + 1);
  }
  return bucketStart(BUCKETS);
}

/** The first slice after the warm-up; slices.length or more while it lasts. */
export function warmFrom(canary: Side, sliceMs: number, timeMs: number): number {
  const byTime = Math.ceil(Math.min(WARM_UP_MOST_MS, timeMs * WARM_UP_SHARE) / sliceMs);
  let requests = 0;
  let slice = 0;
  while (slice < canary.slices.length && requests < WARM_UP_REQUESTS) {
    requests += total(canary.slices[slice]?.latency ?? []);
    slice++;
  }
  return requests < WARM_UP_REQUESTS ? canary.slices.length : Math.max(byTime, slice);
}

const present = (side: Side, from: number): Slice[] =>
  side.slices.slice(from).filter((slice) => slice !== undefined);

/** The reason to fail it, or undefined. */
export function slower(canary: Side, baseline: Side, from: number): string | undefined {
  // The same time of both: what slows the whole machine down slows both sides.
  const [ours, theirs] = [present(canary, from), present(baseline, from)];
  if (ours.length < LEAST_SLICES) return undefined;
  const [mine, other] = [sumOf(ours), sumOf(theirs)];
  for (const rule of RULES) {
    if (total(mine) < rule.least || total(other) < rule.least) continue;
    const usual = quantileOf(other, rule.quantile);
    const limit = bucketOf(Math.max(usual * rule.tolerance, usual + LEAST_DIFFERENCE_MS)) + 1;
    const expected = 1 - rule.quantile;
    if (total(mine, limit) / total(mine) <= expected) continue;
    const touched = ours.filter(({ latency }) => total(latency, limit) > 0).length;
    if (touched < Math.max(SPREAD.least, ours.length * SPREAD.share)) continue;
    const [slow, usualSlow] = [counted(ours, limit), counted(theirs, limit)];
    if (binomial(slow.hits, slow.of, expected) >= ALPHA) continue;
    if (fisher(slow.hits, slow.of, usualSlow.hits, usualSlow.of) >= ALPHA) continue;
    const now = quantileOf(mine, rule.quantile);
    return `${rule.name} is ${inMs(now)}, that of the old workers ${inMs(usual)} (${total(mine)} and ${total(other)} requests)`;
  }
  return stalls(ours, theirs);
}

/** Whether there was enough on both sides, after the warm-up, for any of the rules to be asked. */
export function isComparable(canary: Side, baseline: Side, from: number): boolean {
  const [ours, theirs] = [present(canary, from), present(baseline, from)];
  const least = Math.min(...RULES.map((rule) => rule.least));
  return ours.length >= LEAST_SLICES && total(sumOf(ours)) >= least && total(sumOf(theirs)) >= least;
}

/** Requests from this bucket on, as if they had not come in clumps. */
function counted(slices: readonly Slice[], limit: number): { hits: number; of: number } {
  const parts = slices.map(({ latency }) => ({ hits: total(latency, limit), of: total(latency) }));
  const effect = designEffect(parts);
  const [hits, of] = [
    parts.reduce((sum, { hits }) => sum + hits, 0),
    parts.reduce((sum, { of }) => sum + of, 0),
  ];
  return { hits: Math.round(hits / effect), of: Math.max(1, Math.round(of / effect)) };
}

function stalls(ours: readonly Slice[], theirs: readonly Slice[]): string | undefined {
  const count = (slices: readonly Slice[]) => ({
    hits: slices.reduce((sum, { stalled }) => sum + stalled, 0),
    of: slices.reduce((sum, { samples }) => sum + samples, 0),
  });
  const [mine, other] = [count(ours), count(theirs)];
  const usual = other.of === 0 ? 1 : other.hits / other.of;
  const share = mine.of === 0 ? 0 : mine.hits / mine.of;
  if (mine.hits < STALLS.least || share < STALLS.share || share < usual * STALLS.ratio) return undefined;
  if (fisher(mine.hits, mine.of, other.hits, other.of) >= ALPHA) return undefined;
  return `its event loop stood still in ${percent(share)} of the samples, that of the old workers in ${percent(usual)}`;
}

export const percent = (share: number): string =>
  `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

const inMs = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)}ms` : `${Math.round(ms)}ms`);
