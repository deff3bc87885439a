/**
 * The samples of one side of a canary, added up over its workers: totals, and the same in slices of time.
 * Times are milliseconds since the watch began.
 */
import { type Counts, noCounts, type Sample } from '@tshorn/core';

/** A sample with so much event-loop delay counts as stalled, in milliseconds. */
export const STALLED_MS = 100;

export interface Slice {
  readonly latency: Counts;
  readonly samples: number;
  /** Of them, those in which the event loop stood still for STALLED_MS. */
  readonly stalled: number;
}

/** What judge() reads. */
export interface Side {
  readonly workers: number;
  readonly crashes: number;
  readonly requests: number;
  readonly serverErrors: number;
  readonly handlerErrors: number;
  readonly uncaught: number;
  /** Ages of the requests that wait now. */
  readonly waiting: Counts;
  /** Since the last sample of any worker of this side, or since the watch began. */
  readonly silentMs: number;
  /** Index 0 is the time from 0 to `sliceMs`; a slice without samples is absent. */
  readonly slices: readonly (Slice | undefined)[];
}

interface Writable {
  latency: number[];
  samples: number;
  stalled: number;
}

export const addTo = (sum: number[], counts: Counts): void => {
  for (let bucket = 0; bucket < counts.length; bucket++) {
    sum[bucket] = (sum[bucket] ?? 0) + (counts[bucket] ?? 0);
  }
};

export class Tally {
  readonly #sliceMs: number;
  readonly #workers = new Set<number>();
  readonly #crashed = new Set<number>();
  readonly #waiting = new Map<number, Counts>();
  readonly #totals = { requests: 0, serverErrors: 0, handlerErrors: 0, uncaught: 0 };
  readonly #slices: (Writable | undefined)[] = [];
  #lastAt = 0;

  constructor(sliceMs: number) {
    this.#sliceMs = sliceMs;
  }

  /** It is watched, whether or not it ever says anything. */
  join(serial: number): void {
    this.#workers.add(serial);
  }

  add(serial: number, sample: Sample, at: number): void {
    this.join(serial);
    this.#lastAt = at;
    this.#waiting.set(serial, sample.waiting);
    for (const key of ['requests', 'serverErrors', 'handlerErrors', 'uncaught'] as const) {
      this.#totals[key] += sample[key];
    }
    const index = Math.floor(at / this.#sliceMs);
    this.#slices[index] ??= { latency: noCounts(), samples: 0, stalled: 0 };
    const slice = this.#slices[index];
    addTo(slice.latency, sample.latency);
    slice.samples++;
    if (sample.loopDelayMs >= STALLED_MS) slice.stalled++;
  }

  /** What it has measured stays; its requests wait no more. */
  gone(serial: number, crashed: boolean): void {
    this.#waiting.delete(serial);
    if (crashed) this.#crashed.add(serial);
  }

  at(now: number): Side {
    const waiting = noCounts();
    for (const counts of this.#waiting.values()) addTo(waiting, counts);
    return {
      ...this.#totals,
      workers: this.#workers.size,
      crashes: this.#crashed.size,
      waiting,
      silentMs: now - this.#lastAt,
      slices: this.#slices,
    };
  }
}
