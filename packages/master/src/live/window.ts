/**
 * What one worker has counted within the last ten seconds: its reports as they came, and the differences between them. The
 * Live object keeps one for each worker. No clock of its own.
 */
import { DURATION_BOUNDS, type Series } from '@tshorn/core';

/** Sums over all series of a worker. */
export interface Counted {
  /** Requests that have ended. */
  readonly requests: number;
  /** Those with a status of 5xx. */
  readonly errors: number;
  /** By bucket of DURATION_BOUNDS, and one more. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

export interface Recent {
  readonly rps: number;
  readonly errorsPerSecond: number;
  /** The requests of the last ten seconds. */
  readonly window: Counted;
}

interface Sample extends Counted {
  /** Time of the report in monotonic milliseconds. */
  readonly at: number;
}

const WINDOW_MS = 10_000;
/** Heartbeats come every two seconds. A worker without one for as long as this has ended no request, as far as is known. */
export const SILENT_MS = 5_000;

export const NOTHING: Counted = {
  requests: 0,
  errors: 0,
  counts: new Array<number>(DURATION_BOUNDS.length + 1).fill(0),
  sumMs: 0,
};

const IDLE: Recent = { rps: 0, errorsPerSecond: 0, window: NOTHING };

export class Window {
  /** The oldest first. */
  #samples: Sample[] = [];

  /**
   * @param at time of the worker's last report, in monotonic milliseconds
   * @param now the same clock
   */
  look(at: number, counted: Counted, now: number): Recent {
    const last = this.#samples.at(-1);
    if (!last || at > last.at) this.#samples.push({ ...counted, at });
    // One that is older stays: what came after it lies within the window.
    while ((this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift();
    return this.#recent(now);
  }

  #recent(now: number): Recent {
    const newest = this.#samples.at(-1);
    const previous = this.#samples.at(-2);
    const oldest = this.#samples[0];
    if (!newest || !previous || !oldest) return IDLE;
    const window = newest.at < now - WINDOW_MS ? NOTHING : minus(newest, oldest);
    if (now - newest.at > SILENT_MS) return { ...IDLE, window };
    const seconds = (newest.at - previous.at) / 1_000;
    return {
      rps: (newest.requests - previous.requests) / seconds,
      errorsPerSecond: (newest.errors - previous.errors) / seconds,
      window,
    };
  }
}

export function countedOf(series: Iterable<Series>): Counted {
  const counts = [...NOTHING.counts];
  let requests = 0;
  let errors = 0;
  let sumMs = 0;
  for (const one of series) {
    let ended = 0;
    one.counts.forEach((count, at) => {
      counts[at] = (counts[at] ?? 0) + count;
      ended += count;
    });
    requests += ended;
    if (one.status >= 500) errors += ended;
    sumMs += one.sumMs;
  }
  return { requests, errors, counts, sumMs };
}

export const plus = (one: Counted, other: Counted): Counted => combined(one, other, 1);
const minus = (one: Counted, other: Counted): Counted => combined(one, other, -1);

const combined = (one: Counted, other: Counted, sign: 1 | -1): Counted => ({
  requests: one.requests + sign * other.requests,
  errors: one.errors + sign * other.errors,
  counts: one.counts.map((count, at) => count + sign * (other.counts[at] ?? 0)),
  sumMs: one.sumMs + sign * other.sumMs,
});

/**
 * The duration in milliseconds that this part of the requests did not exceed; undefined without requests. Within a bucket
 * the durations count as evenly spread, as in Prometheus's histogram_quantile.
 */
export function percentile(counts: readonly number[], part: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = part * total;
  let below = 0;
  for (const [at, count] of counts.entries()) {
    const bound = DURATION_BOUNDS[at];
    if (below + count >= rank && count > 0) {
      const from = (DURATION_BOUNDS[at - 1] ?? 0) * 1_000;
      // The last bucket has no end.
      if (bound === undefined) return from;
      return from + (bound * 1_000 - from) * ((rank - below) / count);
    }
    below += count;
  }
  return undefined;
}
