/** How busy the event loop of each worker is, by its last two heartbeats. */
import type { Vital } from '../vitals.ts';

export interface Busy {
  /** From 0 to 1. */
  readonly busy: number;
  /** CPU seconds per second. */
  readonly cpu: number;
  /** Requests that have begun in each second. */
  readonly requests: number;
}

interface Known extends Busy {
  readonly at: number;
  readonly vital: Vital;
}

/** A heartbeat comes every two seconds at the latest; one that is as late as this comes from a loop that has no time for it. */
const SILENT_MS = 4_000;
const NONE: Busy = { busy: 0, cpu: 0, requests: 0 };

export class Utilisation {
  #known = new Map<number, Known>();

  /**
   * @param vitalOf the last heartbeat of a worker
   * @param at monotonic milliseconds, on the clock of the heartbeats
   */
  of(serials: readonly number[], vitalOf: (serial: number) => Vital | undefined, at: number): Busy[] {
    const known = new Map<number, Known>();
    const all = serials.map((serial): Busy => {
      const vital = vitalOf(serial);
      const last = this.#known.get(serial);
      if (!vital?.loop) return NONE;
      const next = last?.at === vital.at ? last : { ...between(last?.vital, vital), at: vital.at, vital };
      known.set(serial, next);
      return at - vital.aliveAt > SILENT_MS ? { ...next, busy: 1 } : next;
    });
    this.#known = known;
    return all;
  }
}

/** A worker that has just begun to serve has told its figures once. */
function between(before: Vital | undefined, { loop, requests }: Vital): Busy {
  if (!before?.loop || !loop) return NONE;
  const active = loop.activeMs - before.loop.activeMs;
  const all = active + loop.idleMs - before.loop.idleMs;
  if (!(all > 0)) return NONE;
  return {
    busy: Math.min(1, Math.max(0, active / all)),
    cpu: Math.max(0, (loop.cpuMs - before.loop.cpuMs) / all),
    requests: (Math.max(0, requests - before.requests) / all) * 1_000,
  };
}
