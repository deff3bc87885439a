/** What the workers last told of themselves, by serial. The other end is worker/src/heartbeat.ts. */
import type { Heartbeat } from '@tshorn/core';

export interface Vital extends Heartbeat {
  /** When it came: monotonic milliseconds. */
  readonly at: number;
}

export class Vitals {
  readonly #last = new Map<number, Vital>();

  heartbeat(serial: number, { requests, rss, loopDelayMs }: Heartbeat): void {
    this.#last.set(serial, { requests, rss, loopDelayMs, at: performance.now() });
  }

  of(serial: number): Vital | undefined {
    return this.#last.get(serial);
  }

  ended({ serial }: { readonly serial: number }): void {
    this.#last.delete(serial);
  }
}
