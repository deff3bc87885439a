/**
 * Rescued connections that wait for a receiver. Nothing of them is left with their senders: the master holds them, each with
 * a descriptor of its own, until a worker has room.
 *
 *     offered  --declined, silent, gone-->   offered to the next one; without one, held
 *     held     --a receiver has room-->      offered
 *     held     --nobody will come, too many wait, too long--> over   (it is closed)
 *
 * Pure: the caller (relay.ts) has the clock, and ends what is given up here.
 */
import type { Phase, Transfer } from './transfer.ts';

const HELD: Phase = { is: 'held' };

/** A connection that some receiver has declined waits this long for another one, of another release say. */
const HELD_AFTER_DECLINED_MS = 10_000;
/** A connection waits this long in all, also where its receivers come and die: its client must learn that nobody serves it. */
const HELD_MS = 60_000;

export class HeldConnections {
  /** The oldest first. */
  readonly #waiting = new Set<Transfer>();

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * One more waits. One that has been waiting keeps its place.
   * @param most may wait
   * @param now on the clock of performance.now()
   * @returns the oldest one if too many wait: the caller ends it
   */
  add(transfer: Transfer, most: number, now: number): Transfer | undefined {
    transfer.phase = HELD;
    transfer.heldAt ??= now;
    this.#waiting.add(transfer);
    const [oldest] = this.#waiting;
    return this.#waiting.size > most ? oldest : undefined;
  }

  /** Ends the wait of one that waits; nothing happens for others. */
  delete(transfer: Transfer): void {
    this.#waiting.delete(transfer);
  }

  /**
   * Offers those that wait, until one finds no receiver.
   * @param pass offers one to the next receiver, or adds it again
   */
  offer(pass: (transfer: Transfer) => void): void {
    for (const transfer of this.#waiting) {
      pass(transfer);
      // The others would wait as well, unless it waits for another receiver than they do.
      if (transfer.phase.is === 'held' && transfer.refusedBy.size === 0) return;
    }
  }

  /** Those that have been held for as long as one may be. @param now on the clock of performance.now() */
  overdue(now: number): Transfer[] {
    return [...this.#waiting].filter(
      ({ declinedAt = now, heldAt = now }) =>
        now - declinedAt > HELD_AFTER_DECLINED_MS || now - heldAt > HELD_MS,
    );
  }
}
