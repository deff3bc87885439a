/** The last heartbeat of each worker, by serial, and its malformed messages. The other end is worker/src/heartbeat.ts. */
import type { Heartbeat } from '@tshorn/core';

export interface Vital extends Heartbeat {
  /** Time of arrival in monotonic milliseconds. */
  readonly at: number;
  /** Requests that it has shed; absent with `--overload off`. */
  readonly shed?: number;
}

export class Vitals {
  readonly #last = new Map<number, Vital>();
  readonly #malformed = new Map<number, number>();

  heartbeat(serial: number, { requests, rss, loopDelayMs, heap, metrics }: Heartbeat): void {
    this.#last.set(serial, {
      requests,
      rss,
      loopDelayMs,
      ...(heap && { heap }),
      ...(metrics?.shed && { shed: shedOf(metrics.shed) }),
      at: performance.now(),
    });
  }

  /** The last heartbeat; undefined before the first one. */
  of(serial: number): Vital | undefined {
    return this.#last.get(serial);
  }

  /** The worker has sent a message that was dropped. Returns how many it has sent so far. */
  malformed(serial: number): number {
    const count = this.malformedOf(serial) + 1;
    this.#malformed.set(serial, count);
    return count;
  }

  /** The number of malformed messages so far. */
  malformedOf(serial: number): number {
    return this.#malformed.get(serial) ?? 0;
  }

  ended({ serial }: { readonly serial: number }): void {
    this.#last.delete(serial);
    this.#malformed.delete(serial);
  }
}

const shedOf = (byReason: Readonly<Record<string, number>>): number =>
  Object.values(byReason).reduce((sum, count) => sum + count, 0);
