/**
 * Finds the workers that have given no heartbeat for too long. Pure: the caller passes the time. Its clock runs only
 * while the master does: a master that was stopped, or whose machine was, has heard nothing either, and that is no
 * fault of the workers.
 */

interface Watched {
  readonly timeoutMs: number;
  /** By the clock of the watchdog. */
  lastHeartbeat: number;
}

export interface Silence {
  readonly serial: number;
  readonly ms: number;
}

/** Short enough to see that the master itself stood still, and to be in time. */
const LONGEST_TICK_MS = 1_000;
const TICKS_PER_TIMEOUT = 4;

export class Watchdog {
  readonly #watched = new Map<number, Watched>();
  #clock = 0;
  #ticked: number | undefined;
  /** The tick before the last one, and the clock at it. */
  #before = { ticked: 0, clock: 0 };
  /** Kept, since each heartbeat needs it: the sum over all workers would cost their number squared. */
  #tickMs = LONGEST_TICK_MS;

  /** Milliseconds until the next `tick()` is due; undefined while nobody is watched. */
  get tickMs(): number | undefined {
    return this.#watched.size === 0 ? undefined : this.#tickMs;
  }

  /** The first heartbeat of a worker begins the watch on it, from the last tick on if it is older: nobody has listened before. */
  heartbeat(serial: number, timeoutMs: number, now: number): void {
    this.#ticked ??= now;
    const watched = this.#watched.get(serial);
    if (watched) watched.lastHeartbeat = this.#at(now);
    else {
      this.#watched.set(serial, { timeoutMs, lastHeartbeat: this.#at(Math.max(now, this.#ticked)) });
      this.#setTick();
    }
  }

  forget(serial: number): void {
    if (!this.#watched.delete(serial)) return;
    this.#setTick();
    if (this.#watched.size === 0) this.#ticked = undefined;
  }

  #setTick(): void {
    const timeouts = [...this.#watched.values()].map(({ timeoutMs }) => timeoutMs / TICKS_PER_TIMEOUT);
    this.#tickMs = Math.min(LONGEST_TICK_MS, ...timeouts);
  }

  /** Moves the clock on. */
  tick(now: number): void {
    const clock = this.#at(now);
    this.#before = { ticked: this.#ticked ?? now, clock: this.#clock };
    this.#clock = clock;
    this.#ticked = now;
  }

  /** The workers whose time is over. */
  silent(now: number): Silence[] {
    const clock = this.#at(now);
    const silent: Silence[] = [];
    this.#watched.forEach(({ timeoutMs, lastHeartbeat }, serial) => {
      const ms = clock - lastHeartbeat;
      if (ms >= timeoutMs) silent.push({ serial, ms });
    });
    return silent;
  }

  /**
   * A tick that is late by more than its own length has found the master asleep: it counts as one on time. A heartbeat that was
   * given before it, and read after it, may be from before that sleep: the machine was asleep, and its worker with it.
   */
  #at(now: number): number {
    if (this.#ticked !== undefined && now < this.#ticked)
      return Math.min(this.#clock, this.#before.clock + now - this.#before.ticked);
    const passed = now - (this.#ticked ?? now);
    const usual = this.tickMs ?? LONGEST_TICK_MS;
    return this.#clock + (passed > 2 * usual ? usual : passed);
  }
}
