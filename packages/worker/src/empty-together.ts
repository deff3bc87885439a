/** The part of one worker in emptying the kernel's queue, which all workers do when all of them leave. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmptyQueue } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';

/** Under a flood of clients a worker accepts waiting connections for this long, and the last one waits for the others. */
const MOST_QUEUE_MS = 5_000;

export class EmptyTogether {
  #becomeAlone = () => {};
  readonly #alone = new Promise<void>((resolve) => {
    this.#becomeAlone = resolve;
  });

  /** No other worker accepts any more, or there is no time or no master to wait for that. */
  alone(): void {
    this.#becomeAlone();
  }

  /**
   * Call `pause` of the listeners right after it.
   * @param part undefined when it is not known who else accepts: the master is gone
   * @param leftMs milliseconds until the worker has to be gone
   */
  empty(listeners: AttachedListeners, part: EmptyQueue | undefined, leftMs: () => number): Promise<void> {
    const until = performance.now() + MOST_QUEUE_MS;
    // Half of a shorter grace period: the drain itself needs time, too.
    const late = () => sleep(Math.min(MOST_QUEUE_MS, leftMs() / 2), undefined, { ref: false });
    return listeners.emptyQueue({
      isEnd: part !== undefined,
      // Another worker may stand still.
      othersGone: part === 'last' ? Promise.race([this.#alone, late()]) : undefined,
      mayContinue: () => performance.now() < until && leftMs() > 0,
    });
  }
}
