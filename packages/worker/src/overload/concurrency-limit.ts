/**
 * How many requests the app has at once: the gradient of Netflix's concurrency limits
 * (https://github.com/Netflix/concurrency-limits, GradientLimit), under one condition: a limit stays only while the app answers
 * as many requests per second as without it. Pure: the caller has the clock.
 *
 * An app that waits for a pool of connections, say, takes every request at once and keeps them in a queue of its own, where no
 * event loop is late. Its latency tells, but so it does where requests have come that take longer. The throughput tells the
 * two apart: by Little's law it falls in proportion to the limit where requests only wait, and behind a pool that is fully in use
 * it does not fall.
 *
 * So the limit is lowered in steps, each of which is a trial. The limit ends with a trial that costs answers; its
 * latency is the new latency without load, and no other trial begins for a while.
 */
import { Comparison, Throughput } from './throughput.ts';

/** A window has this many requests, or waits for them. */
const LEAST_SAMPLES = 10;
const LEAST_WINDOW_MS = 100;
/** Where a window has more requests, the last so many count. */
const MOST_SAMPLES = 64;
/** The latency without load is the lowest of this time. */
const STALE_MS = 10_000;
const LEAST_LIMIT = 4;
/** Fewer in flight are no overload, and a part of them is too few to measure. */
const LEAST_IN_FLIGHT = 10;
/** A step leaves this part of what is in flight; those behind a first one that has held are larger. */
const FIRST_STEP = 0.8;
const NEXT_STEP = 0.7;
/** The throughput has held at this part of what it was: half way to what the first step takes from an app that only waits. */
const HELD = 0.9;
/** A limit that is in force is raised by this after this time, to see if the app answers more with it. */
const RAISE = 1.25;
const RAISE_EVERY_MS = 3_000;
/** Half way to `RAISE`. */
const RAISED = 1.12;
/** The limit was too low when it was raised so many times in a row, and each time more were answered or none was kept waiting. */
const RAISES = 2;
/** A limit in force whose throughput is below this part of what it was has become one for other requests. */
const COLLAPSED = 0.8;
const SETTLED_MS = 1_000;
/** Weight of a new limit (GradientLimit.smoothing). */
const SMOOTHING = 0.2;
/** The limit falls to no less than this part of itself in a window. */
const LEAST_GRADIENT = 0.5;
/** A limit that has kept nothing waiting for so long is over. */
const UNUSED_MS = 2_000;
/** Requests have been kept waiting all the time when they were within this. */
const FULL_MS = 100;
/** No other trial for so long after one that has cost answers; it doubles. A long trial costs more. */
const PAUSE_MS = 10_000;
const LEAST_PAUSE = 30;
const LONGEST_PAUSE_MS = 300_000;

export class ConcurrencyLimit {
  readonly #toleranceMs: number;
  #limit = Number.POSITIVE_INFINITY;
  /** The latency without load; unknown before the first window. */
  #base = Number.NaN;
  #baseAt = 0;
  /** The median of the last window. */
  #latency = Number.NaN;
  readonly #samples = new Float64Array(MOST_SAMPLES);
  #count = 0;
  #windowFrom = Number.NaN;
  #keptWaitingAt = Number.NEGATIVE_INFINITY;
  /** The highest median of the last trial. */
  #slowest = 0;
  readonly #throughput = new Throughput();
  /** Another limit is on trial. */
  #trial: Comparison | undefined;
  #isRaised = false;
  #rises = 0;
  #changedAt = 0;
  #limitedAt = 0;
  /** The steps down are over, and the throughput has held. */
  #isHeld = false;
  /** The throughput of the limit that is in force. */
  #held = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #pauseMs = PAUSE_MS;

  /** @param toleranceMs how much longer than without load a request may take in the app */
  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs;
  }

  /** Infinity while there is none. */
  get limit(): number {
    return this.#limit;
  }

  /** A request waits because of the limit: to be called again and again while it does. */
  keptWaiting(now: number): void {
    this.#keptWaitingAt = now;
    this.#judge(now);
    // Requests that do not end at all have no window.
    if (now - this.#changedAt > SETTLED_MS) this.#lookForCollapse(now);
  }

  /**
   * A request has ended.
   * @param tookMs since the app has got it
   * @param inFlight in the app, this one included
   * @returns true at the end of a window
   */
  ended(tookMs: number, inFlight: number, now: number): boolean {
    this.#throughput.ended(now);
    this.#trial?.ended(now);
    if (Number.isNaN(this.#windowFrom)) this.#windowFrom = now;
    this.#samples[this.#count++ % MOST_SAMPLES] = tookMs;
    this.#judge(now);
    if (this.#count < LEAST_SAMPLES || now - this.#windowFrom < LEAST_WINDOW_MS) return false;
    this.#latency = median(this.#samples.slice(0, this.#count));
    this.#count = 0;
    this.#windowFrom = now;
    this.#window(this.#latency, inFlight, now);
    return true;
  }

  #window(latency: number, inFlight: number, now: number): void {
    if (!(latency >= this.#base)) this.#measured(latency, now);
    if (this.#limit === Number.POSITIVE_INFINITY) {
      if (this.#isSlow && inFlight >= LEAST_IN_FLIGHT && this.#mayTry(now))
        this.#try(inFlight * FIRST_STEP, this.#throughput.rate(now), now);
      // Clocks and caches change; a load that grows slowly must not become the measure of itself.
      else if (now - this.#baseAt > STALE_MS) this.#measured(Math.min(latency, this.#base * 1.1 + 0.1), now);
      return;
    }
    this.#slowest = Math.max(this.#slowest, latency);
    if (this.#trial) return;
    if (now - this.#keptWaitingAt > UNUSED_MS) {
      if (this.#isHeld) this.#pauseMs = PAUSE_MS;
      return this.#end();
    }
    if (this.#isFull(now) && this.#lookForCollapse(now)) return;
    if (now - this.#changedAt > RAISE_EVERY_MS) return this.#try(this.#limit * RAISE, this.#held, now, true);
    const gradient = Math.max(LEAST_GRADIENT, Math.min(1, (this.#base + this.#toleranceMs) / latency));
    const next = this.#limit * gradient + Math.sqrt(this.#limit);
    this.#limit = Math.max(LEAST_LIMIT, this.#limit * (1 - SMOOTHING) + next * SMOOTHING);
  }

  #lookForCollapse(now: number): boolean {
    const hasCollapsed = this.#isHeld && !this.#trial && this.#throughput.rate(now) < this.#held * COLLAPSED;
    if (hasCollapsed) this.#giveUp(now);
    return hasCollapsed;
  }

  /** A latency far above the one of the last trial is a matter of its own: it has doubled each time, so these trials are few. */
  #mayTry(now: number): boolean {
    if (now >= this.#notBefore) this.#slowest = 0;
    else if (this.#latency <= this.#slowest * 2 + this.#toleranceMs) return false;
    return true;
  }

  get #isSlow(): boolean {
    return this.#latency > this.#base + this.#toleranceMs;
  }

  /** Requests have been kept waiting until now: a load that has gone away is no fault of the limit. */
  #isFull(now: number): boolean {
    return now - this.#keptWaitingAt < FULL_MS;
  }

  /** @param before requests per second, to compare with */
  #try(limit: number, before: number, now: number, isRaised = false): void {
    if (limit < LEAST_LIMIT) return;
    if (this.#limit === Number.POSITIVE_INFINITY) this.#limitedAt = now;
    this.#slowest = Math.max(this.#slowest, this.#latency);
    this.#limit = limit;
    this.#isRaised = isRaised;
    // By Little's law, beside what was seen: in a queue that grows, the next answers take longer than the last ones.
    const expectedMs = before > 0 ? (limit * 1_000) / before : 0;
    this.#trial = new Comparison(before, now, Math.max(this.#latency, expectedMs));
  }

  #judge(now: number): void {
    const trial = this.#trial;
    const rate = trial?.rate(now);
    if (!trial || rate === undefined) return;
    this.#trial = undefined;
    this.#changedAt = now;
    const isFull = this.#isFull(now);
    if (this.#isRaised) this.#wasRaised(rate, isFull, now);
    else if (isFull && rate < trial.before * HELD) this.#giveUp(now);
    else {
      this.#held = Math.max(rate, trial.before);
      if (isFull && this.#isSlow) this.#try(this.#limit * NEXT_STEP, this.#held, now);
      else this.#isHeld = true;
    }
  }

  #wasRaised(rate: number, isFull: boolean, now: number): void {
    // An overload would have filled this as well.
    const isMore = rate > this.#held * RAISED || !isFull;
    this.#rises = isMore ? this.#rises + 1 : 0;
    this.#held = isMore ? Math.max(this.#held, rate) : (this.#held + rate) / 2;
    if (this.#rises === RAISES) this.#giveUp(now);
    else if (isMore) this.#try(this.#limit * RAISE, this.#held, now, true);
    else this.#limit = Math.max(LEAST_LIMIT, this.#limit / RAISE);
  }

  /** The limit costs answers. */
  #giveUp(now: number): void {
    this.#measured(this.#latency, now);
    const trialMs = this.#isHeld ? 0 : now - this.#limitedAt;
    this.#notBefore = now + Math.min(LONGEST_PAUSE_MS, Math.max(this.#pauseMs, trialMs * LEAST_PAUSE));
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    this.#end();
  }

  #end(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.#trial = undefined;
    this.#isHeld = false;
    this.#rises = 0;
  }

  #measured(latency: number, now: number): void {
    this.#base = latency;
    this.#baseAt = now;
  }
}

/** Sorts them. */
function median(values: Float64Array): number {
  return values.sort()[values.length >> 1] ?? Number.NaN;
}
