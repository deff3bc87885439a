/**
 * Is the canary worse than the old workers, as far as chance cannot explain it? The rule in plain words is
 * docs/canary.md. Pure: what it knows are two tallies and the time; it is asked again at each sample, so
 * every threshold allows for many looks.
 */
import { bucketOf } from '@tshorn/core';
import { ALPHA, isComparable, percent, quantileOf, slower, warmFrom } from './latency.ts';
import { fisher } from './statistics.ts';
import { addTo, type Side } from './tally.ts';

export interface CanarySettings {
  /** `--canary-time`, in milliseconds. */
  readonly timeMs: number;
  /** `--canary-requests`; 0: by time alone. */
  readonly requests: number;
}

export interface Verdict {
  /** `wait`: not yet; never when the time is over. */
  readonly verdict: 'pass' | 'fail' | 'wait' | 'inconclusive';
  /** For people: one clause, with its numbers. */
  readonly reason: string;
}

/** The budget of harm: after so many bad responses, no good one among them, a canary has failed. */
export const BUDGET_OF_HARM = 10;
/** With fewer bad responses nothing is said, however bad they look. */
const LEAST_BAD = 8;
/** From so many answers on, the old workers are something to compare with. */
const LEAST_BASELINE = 10;
/** A canary is worse when its rate is so many times that of the old workers... */
const RATE_RATIO = 1.5;
/** ...and by so much above it. */
const RATE_DIFFERENCE = 0.005;
/** With no more evidence than this, and with fewer requests than that, the end of the time is inconclusive. */
const DOUBT = 0.01;
const LEAST_REQUESTS = 50;
/** A request that has waited so long for the app is a bad one, unless the old workers have such as well. */
const HUNG_MS = 5_000;
/** An event loop that has said nothing for so long stands still. */
const SILENT_MS = 5_000;

/** The slices that latency is looked at by: 30 of them, but no shorter than a sample. */
export const sliceMsFor = (timeMs: number): number => Math.max(250, timeMs / 30);

export function judge(canary: Side, baseline: Side, elapsedMs: number, settings: CanarySettings): Verdict {
  const over = elapsedMs >= settings.timeMs;
  const bad = compareErrors(canary, baseline);
  const from = warmFrom(canary, sliceMsFor(settings.timeMs), settings.timeMs);
  const failure =
    crashed(canary, baseline) ?? silent(canary, baseline) ?? bad.failure ?? slower(canary, baseline, from);
  if (failure) return { verdict: 'fail', reason: failure };

  const enough = settings.requests > 0 ? canary.requests >= settings.requests : over;
  if (!over && !enough) return { verdict: 'wait', reason: `${canary.requests} requests so far` };
  const least = Math.min(LEAST_REQUESTS, settings.requests || LEAST_REQUESTS);
  if (canary.requests < least) {
    return { verdict: over ? 'inconclusive' : 'wait', reason: `only ${canary.requests} requests` };
  }
  if (bad.doubt) return { verdict: over ? 'inconclusive' : 'wait', reason: bad.doubt };
  const compared = isComparable(canary, baseline, from) ? '' : '; too few for its latency to be compared';
  return { verdict: 'pass', reason: `in ${canary.requests} requests${compared}` };
}

function crashed(canary: Side, baseline: Side): string | undefined {
  // When half of the old workers crash as well, it is not the release.
  if (canary.crashes === 0 || baseline.crashes * 2 >= Math.max(1, baseline.workers)) return undefined;
  return `it crashed; of ${baseline.workers} old workers ${baseline.crashes || 'none'} did`;
}

function silent(canary: Side, baseline: Side): string | undefined {
  const alone = baseline.workers > 0 && baseline.silentMs < SILENT_MS / 2;
  if (canary.silentMs < SILENT_MS || !alone) return undefined;
  return `its event loop has stood still for ${Math.round(canary.silentMs / 1000)} s`;
}

interface Rate {
  readonly bad: number;
  readonly of: number;
}

function compareErrors(canary: Side, baseline: Side): { failure?: string; doubt?: string } {
  const hung = hungFrom(baseline);
  const [mine, other] = [rateOf(canary, hung), rateOf(baseline, hung)];
  const rate = mine.of === 0 ? 0 : mine.bad / mine.of;
  const usual = other.of === 0 ? 0 : other.bad / other.of;
  const text = `${mine.bad} of ${mine.of} requests failed (${percent(rate)}); of the old workers ${other.bad} of ${other.of} (${percent(usual)})`;
  if (mine.bad < 2 || rate < Math.max(usual * RATE_RATIO, usual + RATE_DIFFERENCE)) return {};
  if (other.of < LEAST_BASELINE) {
    // Nothing to compare with. To give a release up costs little, to serve errors alone costs more.
    const hopeless = mine.bad >= BUDGET_OF_HARM && rate > 0.5 && other.bad === 0;
    return hopeless ? { failure: text } : { doubt: text };
  }
  const chance = fisher(mine.bad, mine.of, other.bad, other.of);
  if (mine.bad >= LEAST_BAD && chance < ALPHA) return { failure: text };
  return chance < DOUBT ? { doubt: text } : {};
}

/** What is a long wait: some apps let requests wait on purpose, and the old workers show it. */
function hungFrom(baseline: Side): number {
  const all = [...baseline.waiting];
  for (const slice of baseline.slices) addTo(all, slice?.latency ?? []);
  return bucketOf(Math.max(HUNG_MS, 2 * quantileOf(all, 0.99)));
}

function rateOf(side: Side, hungBucket: number): Rate {
  const hung = side.waiting.slice(hungBucket).reduce((sum, count) => sum + count, 0);
  // An uncaught exception may end a response as well, or leave it waiting: it is not counted twice.
  const bad = Math.max(side.serverErrors + side.handlerErrors + hung, side.uncaught);
  return { bad, of: Math.max(side.requests + hung, bad) };
}
