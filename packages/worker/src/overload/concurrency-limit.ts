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
import { LatencyWindow } from './latency-window.ts';
import { Comparison, Throughput } from './throughput.ts';
import { TrialPause } from './trial-pause.ts';

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

/** Another limit, until it is known what it costs. */
interface Trial {
  readonly comparison: Comparison;
  /** It is higher than the one before, to see if the app answers more. */
  readonly isRaise: boolean;
}

/** There is a limit, from the first step of its first trial. */
interface Limited {
  limit: number;
  readonly since: number;
  /** The end of the last trial. */
  changedAt: number;
  /** Present while it is on trial. */
  trial: Trial | undefined;
  /** The steps down are over, and the throughput has held. */
  isHeld: boolean;
  /** The throughput of the limit that is in force. */
  held: number;
  /** So many raises in a row have brought more answers. */
  rises: number;
}

export class ConcurrencyLimit {
  readonly #toleranceMs: number;
  readonly #window = new LatencyWindow();
  readonly #throughput = new Throughput();
  /** Those that would have taken longer than their clients waited. */
  readonly #left = new Throughput();
  readonly #pause: TrialPause;
  /** The latency without load; unknown before the first window. */
  #base = Number.NaN;
  #baseAt = 0;
  /** The median of the last window. */
  #latency = Number.NaN;
  #keptWaitingAt = Number.NEGATIVE_INFINITY;
  #limited: Limited | undefined;

  /** @param toleranceMs how much longer than without load a request may take in the app */
  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs;
    this.#pause = new TrialPause(toleranceMs);
  }

  /** Infinity while there is none. */
  get limit(): number {
    return this.#limited ? this.#limited.limit : Number.POSITIVE_INFINITY;
  }

  /** A request waits because of the limit: to be called again and again while it does. */
  keptWaiting(now: number): void {
    this.#keptWaitingAt = now;
    const limited = this.#limited;
    if (!limited) return;
    this.#judge(limited, now);
    // Requests that do not end at all have no window.
    if (this.#limited && now - limited.changedAt > SETTLED_MS) this.#lookForCollapse(limited, now);
  }

  /**
   * A request has ended.
   * @param tookMs since the app has got it
   * @param inFlight in the app, this one included
   * @returns true at the end of a window
   */
  ended(tookMs: number, inFlight: number, now: number): boolean {
    this.#throughput.ended(now);
    if (this.#limited) {
      this.#limited.trial?.comparison.ended(now);
      this.#judge(this.#limited, now);
    }
    return this.#sample(tookMs, inFlight, now);
  }

  /**
   * The client of a request has left before its answer. One that has waited longer than without load says that it takes at least so
   * long: where all leave in time, no answer would say anything. One that has left earlier says nothing of the app.
   * @returns true at the end of a window
   */
  left(tookMs: number, inFlight: number, now: number): boolean {
    if (!(tookMs > this.#base + this.#toleranceMs)) return false;
    this.#left.ended(now);
    if (this.#limited) this.#judge(this.#limited, now);
    return this.#sample(tookMs, inFlight, now);
  }

  #sample(tookMs: number, inFlight: number, now: number): boolean {
    const latency = this.#window.add(tookMs, now);
    if (latency === undefined) return false;
    this.#latency = latency;
    if (!(latency >= this.#base)) this.#measured(latency, now);
    if (this.#limited) this.#control(this.#limited, now);
    else this.#watch(inFlight, now);
    return true;
  }

  /** A window without a limit. */
  #watch(inFlight: number, now: number): void {
    const mayTry = this.#isForNobody(now) || this.#pause.allows(this.#latency, now);
    if (this.#isSlow && inFlight >= LEAST_IN_FLIGHT && mayTry) this.#begin(inFlight * FIRST_STEP, now);
    // Clocks and caches change; a load that grows slowly must not become the measure of itself.
    else if (now - this.#baseAt > STALE_MS)
      this.#measured(Math.min(this.#latency, this.#base * 1.1 + 0.1), now);
  }

  /** A window with one. */
  #control(limited: Limited, now: number): void {
    this.#pause.saw(this.#latency);
    if (limited.trial) return;
    if (now - this.#keptWaitingAt > UNUSED_MS) {
      if (limited.isHeld) this.#pause.forgive();
      this.#limited = undefined;
      return;
    }
    if (this.#isFull(now) && this.#lookForCollapse(limited, now)) return;
    if (now - limited.changedAt > RAISE_EVERY_MS) return this.#try(limited, RAISE, now);
    const gradient = Math.max(LEAST_GRADIENT, Math.min(1, (this.#base + this.#toleranceMs) / this.#latency));
    const next = limited.limit * gradient + Math.sqrt(limited.limit);
    limited.limit = Math.max(LEAST_LIMIT, limited.limit * (1 - SMOOTHING) + next * SMOOTHING);
  }

  #lookForCollapse(limited: Limited, now: number): boolean {
    const hasCollapsed =
      limited.isHeld && !limited.trial && this.#throughput.rate(now) < limited.held * COLLAPSED;
    if (hasCollapsed) this.#giveUp(limited, now);
    return hasCollapsed;
  }

  get #isSlow(): boolean {
    return this.#latency > this.#base + this.#toleranceMs;
  }

  /** The app answers none of those that it works for, and their clients leave: no limit can cost an answer. */
  #isForNobody(now: number): boolean {
    return this.#left.rate(now) > 0 && this.#throughput.rate(now) === 0;
  }

  /** Requests have been kept waiting until now: a load that has gone away is no fault of the limit. */
  #isFull(now: number): boolean {
    return now - this.#keptWaitingAt < FULL_MS;
  }

  /** The first trial. */
  #begin(limit: number, now: number): void {
    this.#pause.saw(this.#latency);
    const held = this.#throughput.rate(now);
    const none = { changedAt: 0, trial: undefined, isHeld: false, rises: 0 };
    this.#limited = { ...none, limit, since: now, held };
    this.#try(this.#limited, 1, now);
  }

  /** @param factor of the limit */
  #try(limited: Limited, factor: number, now: number): void {
    const limit = limited.limit * factor;
    if (limit < LEAST_LIMIT) return;
    limited.limit = limit;
    // By Little's law, beside what was seen: in a queue that grows, the next answers take longer than the last ones.
    const leaving = limited.held + this.#left.rate(now);
    const expectedMs = leaving > 0 ? (limit * 1_000) / leaving : 0;
    const comparison = new Comparison(limited.held, now, Math.max(this.#latency, expectedMs));
    limited.trial = { comparison, isRaise: factor > 1 };
  }

  #judge(limited: Limited, now: number): void {
    const { trial } = limited;
    const rate = trial?.comparison.rate(now);
    if (!trial || rate === undefined) return;
    limited.trial = undefined;
    limited.changedAt = now;
    const { before } = trial.comparison;
    const isFull = this.#isFull(now);
    if (trial.isRaise) this.#wasRaised(limited, rate, isFull, now);
    else if (isFull && rate < before * HELD) this.#giveUp(limited, now);
    else {
      limited.held = Math.max(rate, before);
      if (isFull && this.#isSlow) this.#try(limited, NEXT_STEP, now);
      else limited.isHeld = true;
    }
  }

  #wasRaised(limited: Limited, rate: number, isFull: boolean, now: number): void {
    // An overload would have filled this as well.
    const isMore = rate > limited.held * RAISED || !isFull;
    limited.rises = isMore ? limited.rises + 1 : 0;
    limited.held = isMore ? Math.max(limited.held, rate) : (limited.held + rate) / 2;
    if (limited.rises === RAISES) this.#giveUp(limited, now);
    else if (isMore) this.#try(limited, RAISE, now);
    else limited.limit = Math.max(LEAST_LIMIT, limited.limit / RAISE);
  }

  /** The limit costs answers. */
  #giveUp(limited: Limited, now: number): void {
    this.#measured(this.#latency, now);
    this.#pause.begin(limited.isHeld ? 0 : now - limited.since, now);
    this.#limited = undefined;
  }

  #measured(latency: number, now: number): void {
    this.#base = latency;
    this.#baseAt = now;
  }
}
