/** How many requests per second the app answers. Pure: the caller has the clock. */

/** A rate is that of so much time, or of so many requests where they are fast. */
const MOST_MS = 1_000;
const MOST_ENDS = 128;
/** A measurement takes at least so long, until so many are expected, and no longer than for this. */
const LEAST_MEASURE_MS = 200;
const ENOUGH = 40;
const MOST_MEASURE_MS = 1_000;
const LEAST_BEFORE = 20;

/** The rate of the last second. */
export class Throughput {
  readonly #ends = new Float64Array(MOST_ENDS);
  #count = 0;

  ended(now: number): void {
    this.#ends[this.#count++ % MOST_ENDS] = now;
  }

  /** Requests per second. */
  rate(now: number): number {
    const kept = Math.min(this.#count, MOST_ENDS);
    let first = now;
    let counted = 0;
    for (let back = 1; back <= kept; back++) {
      const at = this.#ends[(this.#count - back) % MOST_ENDS] as number;
      if (now - at > MOST_MS) break;
      first = at;
      counted++;
    }
    return counted < 2 ? 0 : ((counted - 1) * 1_000) / Math.max(1, now - first);
  }
}

/**
 * Compares the rate under another limit with the one before. The first answers after a change are those of requests that the app
 * got before it: they belong to the rate before.
 */
export class Comparison {
  readonly #known: number;
  readonly #settleMs: number;
  readonly #countFrom: number;
  #countBefore = 0;
  #count = 0;

  /**
   * @param known requests per second before
   * @param settleMs the time that a request takes in the app
   */
  constructor(known: number, now: number, settleMs: number) {
    this.#known = known;
    this.#settleMs = settleMs;
    this.#countFrom = now + settleMs;
  }

  ended(now: number): void {
    if (now > this.#countFrom) this.#count++;
    else this.#countBefore++;
  }

  /** Requests per second. Where the load has just come, less was known of it than what ends now. */
  get before(): number {
    return this.#countBefore < LEAST_BEFORE
      ? this.#known
      : Math.max(this.#known, (this.#countBefore * 1_000) / this.#settleMs);
  }

  /** @returns requests per second; undefined while too few have been counted */
  rate(now: number): number | undefined {
    const ms = now - this.#countFrom;
    if (ms < LEAST_MEASURE_MS) return undefined;
    const isEnough = Math.max(this.#count, (this.before * ms) / 1_000) >= ENOUGH;
    return isEnough || ms >= MOST_MEASURE_MS ? (this.#count * 1_000) / ms : undefined;
  }
}
