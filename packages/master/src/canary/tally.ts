/** The samples of one side of a canary, added up over its workers. Times are milliseconds since the watch began. */
import { type Counts, noCounts, type Sample } from '@tshorn/core';

/** The figures that judge() compares. */
export interface Side {
  readonly workers: number;
  readonly crashes: number;
  readonly requests: number;
  readonly serverErrors: number;
  readonly handlerErrors: number;
  readonly uncaught: number;
  /** Ages of the requests that are waiting now. */
  readonly waiting: Counts;
  /** Since the last sample of any worker of this side, or since the watch began. */
  readonly silentMs: number;
  /** Durations of the requests since the canary is warm, and the number of samples that they came in. */
  readonly latency: Counts;
  readonly warmSamples: number;
}

const addTo = (sum: number[], counts: Counts): void => {
  for (const [bucket, count] of counts.entries()) sum[bucket] = (sum[bucket] ?? 0) + count;
};

export class Tally {
  readonly #workers = new Set<number>();
  readonly #waiting = new Map<number, Counts>();
  readonly #totals = { requests: 0, serverErrors: 0, handlerErrors: 0, uncaught: 0 };
  readonly #latency = noCounts();
  #warmSamples = 0;
  #crashes = 0;
  #lastAt = 0;

  /** The worker is watched, even if it never sends a sample. */
  join(serial: number): void {
    this.#workers.add(serial);
  }

  /** @param isWarm latency counts from then on */
  add(serial: number, sample: Sample, at: number, isWarm: boolean): void {
    this.join(serial);
    this.#lastAt = at;
    this.#waiting.set(serial, sample.waiting);
    for (const key of ['requests', 'serverErrors', 'handlerErrors', 'uncaught'] as const) {
      this.#totals[key] += sample[key];
    }
    if (!isWarm) return;
    addTo(this.#latency, sample.latency);
    this.#warmSamples++;
  }

  /** Its figures stay; its requests no longer wait. */
  crashed(serial: number): void {
    this.#waiting.delete(serial);
    this.#crashes++;
  }

  at(now: number): Side {
    const waiting = noCounts();
    for (const counts of this.#waiting.values()) addTo(waiting, counts);
    return {
      ...this.#totals,
      workers: this.#workers.size,
      crashes: this.#crashes,
      waiting,
      silentMs: now - this.#lastAt,
      latency: [...this.#latency],
      warmSamples: this.#warmSamples,
    };
  }
}
