/**
 * How late the event loop is, for the age of what it reads now. Linux has the time at which a packet came, and Node no way to
 * it, so this is an estimate: what has come while the loop was busy has waited for half of that on average, and then for
 * what the loop has done since it began to read.
 *
 * A turn is: timers, then what is read, then immediates
 * (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
 */

/** A timer that comes later than this tells of work that was for no request. */
const LATE_MS = 5;
/** Between two looks. */
const EVERY_MS = 20;
/** A loop that waits for something to read has a longer break. */
const BREAK_MS = 1;

export class LoopClock {
  #due = performance.now() + EVERY_MS;
  /** By which this turn came late. */
  #lateMs = 0;
  /** Work for requests in this turn, and in the one before. */
  #workMs = 0;
  #workBeforeMs = 0;
  #turnedAt = Number.NEGATIVE_INFINITY;
  #isMarked = false;

  constructor() {
    setInterval(() => this.#look(), EVERY_MS).unref();
  }

  #look(): void {
    const now = performance.now();
    const lateMs = now - this.#due;
    this.#due = now + EVERY_MS;
    if (lateMs < LATE_MS) return;
    this.#lateMs = lateMs;
    this.#mark();
  }

  /** The app has worked for a request, until now. */
  worked(workMs: number): void {
    this.#workMs += workMs;
    this.#mark();
  }

  #mark(): void {
    if (this.#isMarked) return;
    this.#isMarked = true;
    setImmediate(() => {
      this.#isMarked = false;
      this.turned();
    });
  }

  /** The loop goes on to its next turn. */
  turned(now = performance.now()): void {
    this.#workBeforeMs = this.#workMs;
    this.#workMs = 0;
    this.#lateMs = 0;
    this.#turnedAt = now;
  }

  #beforeMs(now: number): number {
    const before = now - this.#workMs - this.#turnedAt < BREAK_MS ? this.#workBeforeMs : 0;
    return Math.max(this.#lateMs, before);
  }

  /** For how long the loop has been busy when something that is read now has its turn; 0 after a break. */
  busyMs(now: number): number {
    return this.#beforeMs(now) + this.#workMs;
  }

  /** For how long something that is read now has waited, on average. */
  waitedMs(now: number): number {
    return this.#beforeMs(now) / 2 + this.#workMs;
  }
}
