/** What the workers last told of themselves, by serial. The other end is worker/src/beat.ts. */
import type { Beat } from '@tshorn/core';

export interface Vital extends Beat {
  /** When it came: monotonic milliseconds. */
  readonly at: number;
}

export class Vitals {
  readonly #last = new Map<number, Vital>();

  beat(serial: number, { requests, rss, loopDelayMs }: Beat): void {
    this.#last.set(serial, { requests, rss, loopDelayMs, at: performance.now() });
  }

  of(serial: number): Vital | undefined {
    return this.#last.get(serial);
  }

  forget(serial: number): void {
    this.#last.delete(serial);
  }
}
