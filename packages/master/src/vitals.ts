/** The last heartbeat of each worker, by serial, and its malformed messages. The other end is worker/src/heartbeat.ts. */
import type { Heartbeat } from '@tshorn/core';

/** Milliseconds since the start of the worker. */
export type LoopFigures = NonNullable<Heartbeat['loop']>;

export interface Vital extends Omit<Heartbeat, 'metrics'> {
  /** When it was given, in monotonic milliseconds. */
  readonly at: number;
  /** When the worker last gave one, which may have said no more than that it is at rest. */
  aliveAt: number;
  /** Requests that it has shed; absent with `--overload off`. */
  readonly shed?: number;
}

export class Vitals {
  readonly #last = new Map<number, Vital>();
  readonly #malformed = new Map<number, number>();

  /** @param at when it was given, in monotonic milliseconds */
  heartbeat(serial: number, heartbeat: Heartbeat, at: number): void {
    const { requests, rss, loopDelayMs, heap, metrics } = heartbeat;
    const loop = loopOf(heartbeat);
    this.#last.set(serial, {
      requests,
      rss,
      loopDelayMs,
      ...(heap && { heap }),
      ...(loop && { loop }),
      ...(metrics?.shed && { shed: shedOf(metrics.shed) }),
      at,
      aliveAt: at,
    });
  }

  /** It has given a heartbeat that says nothing new. */
  alive(serial: number, at: number): void {
    const vital = this.#last.get(serial);
    if (vital) vital.aliveAt = at;
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

/** The figures are told once: among the metrics, or instead of them. */
function loopOf({ metrics, loop }: Heartbeat): LoopFigures | undefined {
  const runtime = metrics?.runtime;
  if (!runtime) return loop;
  const { loopActiveMs: activeMs, loopIdleMs: idleMs, cpuUserMs, cpuSystemMs } = runtime;
  return { activeMs, idleMs, cpuMs: cpuUserMs + cpuSystemMs };
}
