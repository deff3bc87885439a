/** Made-up traffic for the judge: seeded, so that a failure can be repeated. */
import { bucketOf, noCounts, type Sample } from '@tshorn/core';
import { type CanarySettings, isWarm, judge, type Verdict } from '../judge.ts';
import { Tally } from '../tally.ts';

export type Random = () => number;

/** Mulberry32: numbers from 0 to 1. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A median of 5 ms with a long tail, and one in two hundred a hundred times slower. */
export const usualLatency = (random: Random): number =>
  5 * Math.exp(0.8 * normal(random)) * (random() < 0.005 ? 100 : 1);

export interface Kind {
  readonly perSecond: number;
  /** From 0 to 1. */
  readonly badRate: number;
  /** Milliseconds of one request, at this time of the watch. */
  readonly latency: (random: Random, at: number) => number;
  /** Chance of a pause in a sample, in which every request takes 300 ms more. */
  readonly pauses?: number;
}

export const usual: Kind = { perSecond: 60, badRate: 0.01, latency: usualLatency, pauses: 0.02 };

/** The sample of one worker after `everyMs`. */
export function sampleOf(kind: Kind, random: Random, at: number, everyMs: number): Sample {
  const latency = noCounts();
  const paused = random() < (kind.pauses ?? 0);
  const mean = (kind.perSecond * everyMs) / 1000;
  const requests = Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let serverErrors = 0;
  for (let i = 0; i < requests; i++) {
    const bucket = bucketOf(kind.latency(random, at) + (paused ? 300 : 0));
    latency[bucket] = (latency[bucket] ?? 0) + 1;
    if (random() < kind.badRate) serverErrors++;
  }
  return { requests, serverErrors, handlerErrors: 0, uncaught: 0, latency, waiting: noCounts() };
}

export interface Outcome extends Verdict {
  readonly at: number;
  readonly requests: number;
  readonly bad: number;
}

/** A whole watch, asked at every sample, until there is a verdict. */
export function play(
  canaryKind: Kind,
  oldKind: Kind,
  random: Random,
  { oldWorkers = 3, everyMs = 250, settings = { timeMs: 30_000, requests: 0 } as CanarySettings } = {},
): Outcome {
  const [canary, baseline] = [new Tally(), new Tally()];
  for (let at = everyMs; ; at += everyMs) {
    const warm = isWarm(canary.at(at), at, settings.timeMs);
    for (let old = 1; old <= oldWorkers; old++)
      baseline.add(old, sampleOf(oldKind, random, at, everyMs), at, warm);
    canary.add(0, sampleOf(canaryKind, random, at, everyMs), at, warm);
    const side = canary.at(at);
    const verdict = judge(side, baseline.at(at), at, settings);
    if (verdict.verdict !== 'wait') {
      return { ...verdict, at, requests: side.requests, bad: side.serverErrors };
    }
  }
}

/** How often each verdict came in so many watches. */
export function playMany(runs: number, seed: number, ...[canary, old, , more]: Parameters<typeof play>) {
  const counts = { pass: 0, fail: 0, wait: 0, inconclusive: 0 };
  const random = seeded(seed);
  const outcomes: Outcome[] = [];
  for (let run = 0; run < runs; run++) {
    const outcome = play(canary, old, random, more);
    counts[outcome.verdict]++;
    outcomes.push(outcome);
  }
  return { ...counts, outcomes };
}
