/** What workers that drain still have, and what keeps it: for the status, and once for the log. */
import { describeWorker, type WorkerIdentity } from '@tshorn/core';
import type { Logger } from './log.ts';

type Counts = Readonly<Record<string, number>>;

interface Draining {
  left: Counts;
  /** Undefined when the time for the log's line has come. */
  timer: NodeJS.Timeout | undefined;
  said: boolean;
}

/** A drain that takes longer is one that people wait for; in a short grace period, a third of that. */
const TOLD_AFTER_MS = 5_000;

export class Remaining {
  readonly #log: Logger;
  readonly #identityOf: (serial: number) => WorkerIdentity | undefined;
  readonly #draining = new Map<number, Draining>();

  constructor(log: Logger, identityOf: (serial: number) => WorkerIdentity | undefined) {
    this.#log = log;
    this.#identityOf = identityOf;
  }

  /** The worker drains. Ordered again, it is the same drain. */
  begin(serial: number, graceMs: number): void {
    if (this.#draining.has(serial)) return;
    const draining: Draining = { left: {}, timer: undefined, said: false };
    const say = () => {
      draining.timer = undefined;
      this.#say(serial, draining);
    };
    draining.timer = setTimeout(say, Math.min(TOLD_AFTER_MS, graceMs / 3)).unref();
    this.#draining.set(serial, draining);
  }

  told(serial: number, left: Counts): void {
    const draining = this.#draining.get(serial);
    if (!draining) return;
    draining.left = left;
    // Too busy to tell before.
    if (!draining.timer) this.#say(serial, draining);
  }

  /** Absent when the worker does not drain, or has nothing left. */
  of(serial: number): Counts | undefined {
    const left = this.#draining.get(serial)?.left;
    return left && Object.keys(left).length > 0 ? left : undefined;
  }

  /** It has drained, serves again, or is gone. */
  over(serial: number): void {
    clearTimeout(this.#draining.get(serial)?.timer);
    this.#draining.delete(serial);
  }

  #say(serial: number, draining: Draining): void {
    const { left, said } = draining;
    const identity = this.#identityOf(serial);
    const count = Object.values(left).reduce((sum, n) => sum + n, 0);
    if (said || !identity || count === 0) return;
    draining.said = true;
    const reasons = Object.entries(left).map(([reason, n]) => `${reason}:${n}`);
    const { slot, generation, pid } = identity;
    this.#log.info(
      { event: 'remaining', worker: slot, gen: generation, pid, left },
      `draining ${describeWorker({ slot, generation, pid })} still has ${count} connection${count === 1 ? '' : 's'}: ${reasons.join(',')}`,
    );
  }
}
