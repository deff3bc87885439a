/**
 * Judges whether the canary is worse than the old workers. docs/canary.md has the rule in plain words. Pure: it sees
 * two sums of figures and the time. It is asked again at each sample, so each threshold allows for many looks.
 */
import { bucketOf, bucketStart, type Counts } from '@tshorn/core';
import { fisher } from './fisher.ts';
import type { Side } from './tally.ts';

export interface CanarySettings {
  /** `--canary-time`, in milliseconds. */
  readonly timeMs: number;
  /** `--canary-requests`; 0: by time alone. */
  readonly requests: number;
}

export interface Verdict {
  /** `wait`: not yet; never when the time is over. */
  readonly verdict: 'pass' | 'fail' | 'wait' | 'inconclusive';
  /** One clause for people, with its numbers. */
  readonly reason: string;
}

/** Fewer requests than this are no evidence at the end of the time. */
const LEAST_REQUESTS = 50;
/** An event loop that has sent no sample for this long is blocked. */
const SILENT_MS = 5_000;

export function judge(canary: Side, baseline: Side, elapsedMs: number, settings: CanarySettings): Verdict {
  const errors = compareErrors(canary, baseline);
  const failure =
    crashed(canary, baseline) ?? silent(canary, baseline) ?? errors.failure ?? slower(canary, baseline);
  if (failure) return { verdict: 'fail', reason: failure };

  const over = elapsedMs >= settings.timeMs;
  const { requests } = canary;
  if (!over && (settings.requests === 0 || requests < settings.requests)) {
    return { verdict: 'wait', reason: `${requests} requests so far` };
  }
  if (requests < Math.min(LEAST_REQUESTS, settings.requests || LEAST_REQUESTS)) {
    return { verdict: 'inconclusive', reason: `only ${requests} requests` };
  }
  if (errors.doubt) return { verdict: over ? 'inconclusive' : 'wait', reason: errors.doubt };
  const compared = isComparable(canary, baseline) ? '' : ', too few to compare latency';
  return { verdict: 'pass', reason: `${requests} requests${compared}` };
}

function crashed(canary: Side, baseline: Side): string | undefined {
  // When half of the old workers crash as well, the release is not the cause.
  if (canary.crashes === 0 || baseline.crashes * 2 >= Math.max(1, baseline.workers)) return undefined;
  return `it crashed; ${baseline.crashes} of ${baseline.workers} old workers crashed`;
}

function silent(canary: Side, baseline: Side): string | undefined {
  const alone = baseline.workers > 0 && baseline.silentMs < SILENT_MS / 2;
  if (canary.silentMs < SILENT_MS || !alone) return undefined;
  return `its event loop has been blocked for ${Math.round(canary.silentMs / 1000)} s`;
}

/** The budget of harm: with nothing to compare with, so many bad responses and hardly a good one fail a canary. */
export const BUDGET_OF_HARM = 10;
/** Fewer bad responses never fail a canary. */
const LEAST_BAD = 8;
/** Fewer answers of the old workers are nothing to compare with. */
const LEAST_BASELINE = 10;
/** The rate of a worse canary is so many times that of the old workers, and by so much above it. */
const RATE_RATIO = 1.5;
const RATE_DIFFERENCE = 0.005;
/** The chance of a mistake in one look; that of a whole watch stays below 1 % (judge.test.ts). */
const ALPHA = 1e-4;
/** With less chance than this the end of the time is inconclusive. */
const DOUBT = 0.01;
/** A request that has waited so long for the first header of its response is a bad one. */
const HUNG_BUCKET = bucketOf(5_000);

function compareErrors(canary: Side, baseline: Side): { failure?: string; doubt?: string } {
  const [mine, other] = [rateOf(canary), rateOf(baseline)];
  const text = `${mine.bad} of ${mine.of} requests failed (${percent(mine.rate)}); old workers: ${other.bad} of ${other.of} (${percent(other.rate)})`;
  if (mine.bad < 2 || mine.rate < Math.max(other.rate * RATE_RATIO, other.rate + RATE_DIFFERENCE)) return {};
  if (other.of < LEAST_BASELINE) {
    const hopeless = mine.bad >= BUDGET_OF_HARM && mine.rate > 0.5 && other.bad === 0;
    return hopeless ? { failure: text } : { doubt: text };
  }
  const chance = fisher(mine.bad, mine.of, other.bad, other.of);
  if (mine.bad >= LEAST_BAD && chance < ALPHA) return { failure: text };
  return chance < DOUBT ? { doubt: text } : {};
}

function rateOf(side: Side): { bad: number; of: number; rate: number } {
  const hung = total(side.waiting.slice(HUNG_BUCKET));
  // An uncaught exception may end a response as well, or leave it waiting: it is not counted twice.
  const bad = Math.max(side.serverErrors + side.handlerErrors + hung, side.uncaught);
  const of = Math.max(side.requests + hung, bad);
  return { bad, of, rate: of === 0 ? 0 : bad / of };
}

/**
 * Latency counts when the canary is warm, for both sides: a cold process is slow until its code is compiled and its
 * pools are filled. So its first 100 requests, and its first 5 s (a fifth of a shorter time), are left out.
 */
export const isWarm = (canary: Pick<Side, 'requests'>, elapsedMs: number, timeMs: number): boolean =>
  canary.requests >= 100 && elapsedMs >= Math.min(5_000, timeMs / 5);

/** The requests that each side has to have answered since then... */
const LEAST_LATENCIES = 100;
/** ...in so many samples of the canary (2.5 s): one pause must not make most of them slow. */
const LEAST_SAMPLES = 10;
const LATENCY_RATIO = 5;
/** A difference below this harms nobody, in milliseconds. */
const LEAST_DIFFERENCE_MS = 1;

const isComparable = (canary: Side, baseline: Side): boolean =>
  canary.warmSamples >= LEAST_SAMPLES &&
  total(canary.latency) >= LEAST_LATENCIES &&
  total(baseline.latency) >= LEAST_LATENCIES;

/**
 * A slower canary is slower at p50 and at p75. Where an app has fast and slow requests, one quantile alone may fall
 * among the fast ones on one side and among the slow ones on the other, by chance.
 */
function slower(canary: Side, baseline: Side): string | undefined {
  if (!isComparable(canary, baseline)) return undefined;
  const quartiles = [0.5, 0.75].map((quantile) => ({
    mine: quantileOf(canary.latency, quantile),
    usual: quantileOf(baseline.latency, quantile),
  }));
  const isSlower = quartiles.every(
    ({ mine, usual }) => mine >= usual * LATENCY_RATIO && mine >= usual + LEAST_DIFFERENCE_MS,
  );
  if (!isSlower) return undefined;
  const texts = (key: 'mine' | 'usual') => quartiles.map((quartile) => inMs(quartile[key])).join(' and ');
  return `p50 and p75 are ${texts('mine')} in ${total(canary.latency)} requests; old workers: ${texts('usual')} in ${total(baseline.latency)}`;
}

/** The end of the bucket in which the quantile lies, in milliseconds. */
function quantileOf(counts: Counts, quantile: number): number {
  let left = quantile * total(counts);
  const bucket = counts.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
  return bucketStart(bucket + 1);
}

const total = (counts: Counts): number => counts.reduce((sum, count) => sum + count, 0);

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

const inMs = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)}ms` : `${Math.round(ms)}ms`);
