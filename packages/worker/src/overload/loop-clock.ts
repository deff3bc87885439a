/**
 * How late the event loop is, for the age of what it reads now. Linux has the time at which a packet came, and Node no way to
 * it, so this is an estimate: what has come while the loop was busy has waited for half of that on average, and then for
 * what the loop has done since it began to read.
 *
 * A turn accepts one connection (uv__server_io, since libuv 1.45), and most apps do their work for a request when its listeners have
 * returned: behind the end of the body, or an `await`. So a loop that has had no rest is taken for one that works in each of its turns, whoever it
 * works for, and what it reads may have waited since it last had read all.
 *
 * A turn is: timers, then what is read, then immediates
 * (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
 */

/** Between two looks. */
const EVERY_MS = 20;
/** A timer that comes later than this tells of work that was for no request. */
const LATE_MS = 5;
/** Behind a request that takes so much, the loop reads before it works again. */
const LONG_WORK_MS = 1;
/** The same behind shorter ones that take so much together: to read after each of their turns would cost more than they do. */
const MOST_WORK_MS = 5;
/** Two pieces of work with less between them are taken for those of one turn: to ask for the end of each short turn would cost. */
const SAME_TURN_MS = 0.2;
/** A loop that was idle for less than this between two looks reads before it works again, whatever it was that it did. */
const LEAST_IDLE_MS = 1;
/** Everything that came during a turn has been read when so many turns in a row have read nothing: each accepts one connection. */
const QUIET_TURNS = 3;
/** Under a flood there is always more. */
const MOST_TURNS = 64;

export class LoopClock {
  #due = performance.now() + EVERY_MS;
  /** Milliseconds, since the process began. */
  #idleMs = performance.eventLoopUtilization().idle;
  /** Without a rest between the last two looks. */
  #isPressed = false;
  /** When nobody waited to be read; as far as is known. */
  #readAllAt = performance.now();
  readonly #mostMs: number;
  /** By which this turn came late. */
  #lateMs = 0;
  /** Work for requests in this turn. */
  #workMs = 0;
  #workedUntil = 0;
  /** The last long turn, until what came during it has been read. */
  #longMs = 0;
  #isMarked = false;
  #isCounting = false;
  #turns = 0;
  #quietTurns = 0;

  /**
   * @param mostMs for how long something has waited at most that is read while others still wait to be: the queue of the kernel has
   *   an end, so it is not as old as the last time at which it was empty
   */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
    setInterval(() => this.#look(), EVERY_MS).unref();
  }

  #look(): void {
    const now = performance.now();
    const lateMs = now - this.#due;
    this.#due = now + EVERY_MS;
    const { idle } = performance.eventLoopUtilization();
    const hasRested = idle - this.#idleMs >= LEAST_IDLE_MS;
    this.#idleMs = idle;
    this.#isPressed = !hasRested;
    // It waits for events only where there are none.
    if (hasRested) this.#readAllAt = now;
    if (hasRested && lateMs < LATE_MS) return;
    // Short turns without a rest: each accepts one connection, and others may wait.
    this.#lateMs = Math.max(lateMs, LONG_WORK_MS);
    this.#mark();
  }

  /** The app has worked for a request. @param from on the clock of performance.now(), as `until` */
  worked(from: number, until: number): void {
    const isSameTurn = this.#isMarked || from - this.#workedUntil < SAME_TURN_MS;
    const tookMs = until - from;
    this.#workMs = isSameTurn ? this.#workMs + tookMs : tookMs;
    this.#workedUntil = until;
    if (this.#isPressed || tookMs >= LONG_WORK_MS || this.#workMs >= MOST_WORK_MS) this.#mark();
  }

  /** A request has ended: the app has worked for it in this turn. */
  ended(): void {
    if (this.#isPressed) this.#mark();
  }

  #mark(): void {
    if (this.#isMarked) return;
    this.#isMarked = true;
    setImmediate(this.#atEnd);
  }

  readonly #atEnd = (): void => {
    if (this.#isMarked) this.turned();
  };

  /** The loop goes on to its next turn. @param tookMs with all that the app has done behind its listeners, where that is known */
  turned(tookMs = 0): void {
    const ms = Math.max(this.#workMs, this.#lateMs, tookMs);
    const isLong = this.#isMarked || tookMs >= LONG_WORK_MS;
    this.#isMarked = false;
    this.#workMs = 0;
    this.#lateMs = 0;
    if (!isLong) return;
    this.#longMs = ms;
    this.#turns = 0;
    this.#quietTurns = 0;
    if (this.#isCounting) return;
    this.#isCounting = true;
    setImmediate(this.#count);
  }

  readonly #count = (): void => {
    if (++this.#quietTurns < QUIET_TURNS && ++this.#turns < MOST_TURNS) {
      setImmediate(this.#count);
      return;
    }
    this.#isCounting = false;
    this.#longMs = 0;
    if (this.#quietTurns >= QUIET_TURNS) this.readAll(performance.now());
  };

  /** Nobody waits to be read. */
  readAll(now: number): void {
    this.#readAllAt = now;
  }

  /** A request has been read, or a connection accepted. */
  read(): void {
    this.#quietTurns = 0;
  }

  /** The loop has worked for long without reading all that came meanwhile. */
  get isBusy(): boolean {
    return this.#isPressed || this.#longMs > 0 || this.#lateMs > 0 || this.#workMs >= MOST_WORK_MS;
  }

  /** For how long something that is read now has waited, on average. */
  get waitedMs(): number {
    const ms = Math.max(this.#longMs, this.#lateMs) / 2 + this.#workMs;
    if (!this.#isPressed) return ms;
    return Math.max(ms, Math.min(this.#mostMs, (performance.now() - this.#readAllAt) / 2));
  }
}
