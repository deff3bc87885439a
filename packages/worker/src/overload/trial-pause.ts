/** When the next trial of a limit may begin, after one that has cost answers. Pure: the caller has the clock. */

/** No other trial for so long; it doubles each time. A long trial costs more. */
const PAUSE_MS = 10_000;
const LEAST_PAUSE = 30;
const LONGEST_PAUSE_MS = 300_000;

export class TrialPause {
  readonly #toleranceMs: number;
  #until = Number.NEGATIVE_INFINITY;
  #nextMs = PAUSE_MS;
  /** The highest median of the last trial. */
  #slowest = 0;

  /** @param toleranceMs that of the limit */
  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs;
  }

  /** A latency of the time in which there is a limit, or that begins one. */
  saw(latency: number): void {
    this.#slowest = Math.max(this.#slowest, latency);
  }

  /** A latency far above the one of the last trial is a matter of its own: it has doubled each time, so these trials are few. */
  allows(latency: number, now: number): boolean {
    if (now >= this.#until) this.#slowest = 0;
    return now >= this.#until || latency > this.#slowest * 2 + this.#toleranceMs;
  }

  /** @param trialMs what the trial has taken; 0 where the limit was right once */
  begin(trialMs: number, now: number): void {
    this.#until = now + Math.min(LONGEST_PAUSE_MS, Math.max(this.#nextMs, trialMs * LEAST_PAUSE));
    this.#nextMs = Math.min(LONGEST_PAUSE_MS, this.#nextMs * 2);
  }

  /** A limit was right until the overload was over. */
  forgive(): void {
    this.#nextMs = PAUSE_MS;
  }
}
