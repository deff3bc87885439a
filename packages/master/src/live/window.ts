/**
 * What one worker has counted within the last ten seconds: its heartbeats as they came, and the differences between them.
 * recent-counts.ts keeps one for each worker. No clock of its own.
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
  /** Since the worker's start, as of its last heartbeat. */
  readonly counted: Counted;
  /** Milliseconds since its last heartbeat, where that is overdue. */
  readonly silentMs: number | undefined;
  /** Between the last two heartbeats. */
  readonly rps: number;
  readonly errorsPerSecond: number;
  /** The requests of the last ten seconds. */
  readonly window: Counted;
}

interface Sample extends Counted {
  /** Time of the heartbeat in monotonic milliseconds. */
  readonly at: number;
}

const WINDOW_MS = 10_000;
const LEAST_APART_MS = 500;
/** Heartbeats come every two seconds. A worker without one for as long as this has ended no request, as far as is known. */
const SILENT_MS = 5_000;

export const NOTHING: Counted = {
  requests: 0,
  errors: 0,
  counts: new Array<number>(DURATION_BOUNDS.length + 1).fill(0),
  sumMs: 0,
};

const IDLE: Recent = { counted: NOTHING, silentMs: undefined, rps: 0, errorsPerSecond: 0, window: NOTHING };

export class Window {
  /** The oldest first. */
  readonly #samples: Sample[] = [];
  #aliveAt = 0;

  /** @param at time of the heartbeat, in monotonic milliseconds */
  add(at: number, counted: Counted): void {
    // One that is older than the window stays: what came after it lies within.
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
    this.#samples.push({ ...counted, at });
    this.alive(at);
  }

  /** A heartbeat has come that says nothing new. */
  alive(at: number): void {
    this.#aliveAt = at;
  }

  /** @param now the same clock */
  recent(now: number): Recent {
    const newest = this.#samples.at(-1);
    if (!newest) return IDLE;
    const unheardMs = now - this.#aliveAt;
    const silentMs = unheardMs > SILENT_MS ? unheardMs : undefined;
    const oldest = this.#samples.findLast(({ at }) => at <= now - WINDOW_MS) ?? this.#samples[0] ?? newest;
    const recent = { counted: newest, window: minus(newest, oldest), silentMs };
    // Two that come at once, as those of a worker whose heap is full, are no measure of a rate.
    const previous = this.#samples.findLast(({ at }) => at <= newest.at - LEAST_APART_MS);
    if (silentMs !== undefined || !previous) return { ...IDLE, ...recent };
    const seconds = (newest.at - previous.at) / 1_000;
    return {
      ...recent,
      rps: (newest.requests - previous.requests) / seconds,
      errorsPerSecond: (newest.errors - previous.errors) / seconds,
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
