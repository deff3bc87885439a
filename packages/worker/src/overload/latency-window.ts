/** The median of how long requests take, window after window. Pure: the caller has the clock. */

/** A window has this many requests, or waits for them. */
const LEAST_SAMPLES = 10;
const LEAST_WINDOW_MS = 100;
/** Where a window has more requests, the last so many count. */
const MOST_SAMPLES = 64;

export class LatencyWindow {
  readonly #samples = new Float64Array(MOST_SAMPLES);
  #count = 0;
  #from = Number.NaN;

  /** @returns the median at the end of a window */
  add(tookMs: number, now: number): number | undefined {
    if (Number.isNaN(this.#from)) this.#from = now;
    this.#samples[this.#count++ % MOST_SAMPLES] = tookMs;
    if (this.#count < LEAST_SAMPLES || now - this.#from < LEAST_WINDOW_MS) return undefined;
    const sorted = this.#samples.slice(0, this.#count).sort();
    this.#count = 0;
    this.#from = now;
    return sorted[sorted.length >> 1];
  }
}
