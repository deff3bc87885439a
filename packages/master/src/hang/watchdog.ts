/**
 * Which workers have been silent for too long. Pure: it is told the time. The clock that it goes by runs only
 * while the master does: a master that was stopped, or whose machine was, has heard nothing either, and that is
 * no fault of the workers.
 */

interface Watched {
  readonly timeoutMs: number;
  /** On the clock of the watchdog. */
  lastSign: number;
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

  /** Milliseconds until the next `tick()` is due; undefined while nobody is watched. */
  get tickMs(): number | undefined {
    const timeouts = [...this.#watched.values()].map(({ timeoutMs }) => timeoutMs / TICKS_PER_TIMEOUT);
    return timeouts.length === 0 ? undefined : Math.min(LONGEST_TICK_MS, ...timeouts);
  }

  /** A heartbeat; the first one begins the watch. */
  sign(serial: number, timeoutMs: number, now: number): void {
    this.#ticked ??= now;
    const lastSign = this.#at(now);
    const watched = this.#watched.get(serial);
    if (watched) watched.lastSign = lastSign;
    else this.#watched.set(serial, { timeoutMs, lastSign });
  }

  forget(serial: number): void {
    this.#watched.delete(serial);
    if (this.#watched.size === 0) this.#ticked = undefined;
  }

  /** Moves the clock on. */
  tick(now: number): void {
    this.#clock = this.#at(now);
    this.#ticked = now;
  }

  /** Whose time is over. */
  silent(now: number): Silence[] {
    return [...this.#watched]
      .map(([serial, { timeoutMs, lastSign }]) => ({ serial, timeoutMs, ms: this.#at(now) - lastSign }))
      .filter(({ ms, timeoutMs }) => ms >= timeoutMs)
      .map(({ serial, ms }) => ({ serial, ms }));
  }

  /** How long it has been since this worker's last sign, as far as the master was there to hear one. */
  silenceOf(serial: number, now: number): number | undefined {
    const watched = this.#watched.get(serial);
    return watched && this.#at(now) - watched.lastSign;
  }

  /** A tick that is late by more than its own length has found the master asleep: it counts as one on time. */
  #at(now: number): number {
    const passed = now - (this.#ticked ?? now);
    const usual = this.tickMs ?? LONGEST_TICK_MS;
    return this.#clock + (passed > 2 * usual ? usual : passed);
  }
}
