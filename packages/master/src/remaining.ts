/** The connections that draining workers still have, and what keeps them: for the status, and once for the log. */
import { describeWorker } from '@tshorn/core';
import type { Logger } from './log.ts';
import type { View } from './view.ts';

type Counts = Readonly<Record<string, number>>;

interface Draining {
  left: Counts;
  /** Undefined when the line is due. */
  timer: NodeJS.Timeout | undefined;
  isLogged: boolean;
}

/** A drain that takes longer is logged; in a short grace period, one that takes a third of that. */
const LOGGED_AFTER_MS = 5_000;

export class Remaining {
  readonly #log: Logger;
  readonly #view: Pick<View, 'identityOf'>;
  readonly #draining = new Map<number, Draining>();

  constructor(log: Logger, view: Pick<View, 'identityOf'>) {
    this.#log = log;
    this.#view = view;
  }

  /** The worker was ordered to drain. A second order belongs to the same drain. */
  begin(serial: number, graceMs: number): void {
    if (this.#draining.has(serial)) return;
    const draining: Draining = { left: {}, timer: undefined, isLogged: false };
    const expire = () => {
      draining.timer = undefined;
      this.#write(serial, draining);
    };
    draining.timer = setTimeout(expire, Math.min(LOGGED_AFTER_MS, graceMs / 3)).unref();
    this.#draining.set(serial, draining);
  }

  /** The worker's own counts, by what keeps the connections; ignored for a worker that does not drain. */
  report(serial: number, left: Counts): void {
    const draining = this.#draining.get(serial);
    if (!draining) return;
    draining.left = left;
    // The worker was too busy to report in time.
    if (!draining.timer) this.#write(serial, draining);
  }

  /** The last counts; undefined when the worker does not drain, or has nothing left. */
  of(serial: number): Counts | undefined {
    const left = this.#draining.get(serial)?.left;
    return left && Object.keys(left).length > 0 ? left : undefined;
  }

  /** The worker has drained, or serves again. */
  over(serial: number): void {
    clearTimeout(this.#draining.get(serial)?.timer);
    this.#draining.delete(serial);
  }

  ended({ serial }: { readonly serial: number }): void {
    this.over(serial);
  }

  #write(serial: number, draining: Draining): void {
    const { left, isLogged } = draining;
    const identity = this.#view.identityOf(serial);
    const count = Object.values(left).reduce((sum, n) => sum + n, 0);
    if (isLogged || !identity || count === 0) return;
    draining.isLogged = true;
    const reasons = Object.entries(left).map(([reason, n]) => `${reason}:${n}`);
    const { slot, generation, pid } = identity;
    this.#log.info(
      { event: 'remaining', worker: slot, gen: generation, pid, left },
      `draining ${describeWorker({ slot, generation, pid })} still has ${count} connection${count === 1 ? '' : 's'}: ${reasons.join(',')}`,
    );
  }
}
