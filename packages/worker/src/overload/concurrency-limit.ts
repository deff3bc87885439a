/**
 * How many requests the app has at once: the gradient of Netflix's concurrency limits
 * (https://github.com/Netflix/concurrency-limits, GradientLimit), with the latency without load measured as by BBR, which
 * lowers the load for a moment when its last measurement is old (N. Cardwell et al., ACM Queue 14/5, 2016). Pure: the caller
 * has the clock.
 *
 * An app that waits for a pool of connections, say, takes every request at once and keeps them in a queue of its own, where no
 * event loop is late. Its latency tells. There is no limit until the median of a window is above the latency without load by
 * more than the tolerance. Then the limit is what Little's law makes of the two latencies, and it follows the gradient.
 *
 * A latency that does not fall with the limit is no queue: other requests have come, or the app has become slower. Then it is
 * the new latency without load, and the limit ends.
 */

/** A window has this many requests, or waits for them. */
const LEAST_SAMPLES = 10;
const LEAST_WINDOW_MS = 100;
/** Of more requests in a window, the last so many count. */
const MOST_SAMPLES = 64;
/** The latency without load is measured again. */
const STALE_MS = 10_000;
const LEAST_LIMIT = 4;
/** Weight of a new limit (GradientLimit.smoothing). */
const SMOOTHING = 0.2;
/** The limit falls to no less than this part of itself in a window. */
const LEAST_GRADIENT = 0.5;
/** A limit that has kept nothing waiting for so long is over. */
const UNUSED_MS = 2_000;
/** The latency has fallen with the limit when it is below this part of what it was. */
const FALLEN = 0.85;

interface Probe {
  /** Requests that the app got before that are those of the old limit. */
  readonly from: number;
  /** In the app when the limit was lowered. */
  readonly inUse: number;
  readonly before: number;
  /** Latencies of the last requests of the old limit: in a queue that grows, they are the longest. */
  readonly old: number[];
}

export class ConcurrencyLimit {
  readonly #toleranceMs: number;
  #limit = Number.POSITIVE_INFINITY;
  /** The latency without load; unknown before the first window. */
  #base = Number.NaN;
  #baseAt = 0;
  #samples: number[] = [];
  #count = 0;
  #windowFrom = Number.NaN;
  #mostInFlight = 0;
  #keptWaitingAt = Number.NEGATIVE_INFINITY;
  #probe: Probe | undefined;

  /** @param toleranceMs how much longer than without load a request may take in the app */
  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs;
  }

  /** Infinity while there is none. */
  get limit(): number {
    return this.#limit;
  }

  /** Milliseconds; NaN while it is unknown. */
  get latencyWithoutLoad(): number {
    return this.#base;
  }

  /** A request waits because of the limit. */
  keptWaiting(now: number): void {
    this.#keptWaitingAt = now;
  }

  /**
   * A request has ended.
   * @param tookMs since the app has got it
   * @param inFlight in the app, this one included
   * @returns true at the end of a window
   */
  ended(tookMs: number, inFlight: number, now: number): boolean {
    if (this.#probe && now - tookMs < this.#probe.from) {
      this.#probe.old.push(tookMs);
      if (this.#probe.old.length > LEAST_SAMPLES) this.#probe.old.shift();
      return false;
    }
    if (Number.isNaN(this.#windowFrom)) this.#windowFrom = now;
    this.#samples[this.#count++ % MOST_SAMPLES] = tookMs;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    if (this.#count < LEAST_SAMPLES || now - this.#windowFrom < LEAST_WINDOW_MS) return false;
    const latency = median(this.#samples);
    const inUse = this.#mostInFlight;
    this.#samples = [];
    this.#count = 0;
    this.#mostInFlight = 0;
    this.#windowFrom = now;
    this.#window(latency, inUse, now);
    return true;
  }

  #window(latency: number, inUse: number, now: number): void {
    if (this.#probe) return this.#probed(latency, this.#probe, now);
    if (!(latency >= this.#base)) this.#measured(latency, now);
    const isOld = now - this.#baseAt > STALE_MS;
    if (this.#limit === Number.POSITIVE_INFINITY) {
      if (latency > this.#base + this.#toleranceMs) this.#lower(inUse, latency, now);
      // Clocks and caches change; a load that grows slowly must not become the measure of itself.
      else if (isOld) this.#measured(Math.min(latency, this.#base * 1.1 + 0.1), now);
      return;
    }
    if (now - this.#keptWaitingAt > UNUSED_MS) {
      this.#limit = Number.POSITIVE_INFINITY;
      return;
    }
    if (isOld) return this.#lower(this.#limit, latency, now, 0);
    const gradient = Math.max(LEAST_GRADIENT, Math.min(1, (this.#base + this.#toleranceMs) / latency));
    const next = this.#limit * gradient + Math.sqrt(this.#limit);
    this.#limit = Math.max(LEAST_LIMIT, this.#limit * (1 - SMOOTHING) + next * SMOOTHING);
  }

  /**
   * Takes the limit below what is in use, and looks at what becomes of the latency.
   * @param least part of what is in use; a queue that is known to be one may go at once
   */
  #lower(inUse: number, latency: number, now: number, least = LEAST_GRADIENT): void {
    const byLittle = (inUse * this.#base) / latency;
    this.#limit = Math.max(LEAST_LIMIT, inUse * least, byLittle);
    this.#probe = { from: now, inUse, before: latency, old: [] };
  }

  #probed(latency: number, { before: known, inUse, old }: Probe, now: number): void {
    this.#probe = undefined;
    const before = old.length > 0 ? Math.max(known, median(old)) : known;
    if (latency > before * FALLEN && latency > this.#base + this.#toleranceMs) {
      this.#measured(latency, now);
      this.#limit = Number.POSITIVE_INFINITY;
      return;
    }
    if (latency < this.#base || now - this.#baseAt > STALE_MS) this.#measured(latency, now);
    const byLittle = (inUse * this.#base) / before;
    this.#limit = Math.max(LEAST_LIMIT, byLittle + Math.sqrt(byLittle));
  }

  #measured(latency: number, now: number): void {
    this.#base = latency;
    this.#baseAt = now;
  }
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
