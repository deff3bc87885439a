/** The books of the relay (relay.ts): which transfers each worker sends and receives, and for how long that is remembered. */
import { SequenceReceiver } from '@tshorn/core';
import type { Transfer } from './transfer.ts';

/** A receiver gets so many rescued connections at a time: thousands come at once, and it has to decline those that wait. */
const MOST_OFFERED = 64;

/**
 * Eight can matter: the window of a worker (WINDOW in worker/src/handoff-sender.ts) that has read none of the answers. But a
 * connection that closes makes room in the window, and its offer stays here. One that is forgotten too early costs a client
 * its connection, and a number costs nothing: so these are eight windows.
 */
const MOST_KEPT = 64;

/** The transfers between the master and one worker. */
export class Ledger {
  readonly offers = new SequenceReceiver();
  /** By the worker's own number. */
  readonly sending = new Map<number, Transfer>();
  /** By the number that the worker answers with. */
  readonly receiving = new Map<number, Transfer>();
  /** Its last offer was rescued, and so was all that it had on its way before. */
  isRescued = false;
  /** The worker let an offer lie: nothing more is offered to it until it answers again. */
  silent = false;
  /** Offers that the worker was told to keep, the last ones: it may not have read that. */
  readonly #kept = new Set<number>();

  keeps(offer: number): void {
    this.#kept.add(offer);
    const [oldest] = this.#kept;
    if (oldest !== undefined && this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
  }

  /** True once, for an offer that is the worker's again. */
  forgetKept(offer: number): boolean {
    return this.#kept.delete(offer);
  }
}

export class Ledgers {
  readonly #bySerial = new Map<number, Ledger>();
  readonly #isThere: (serial: number) => boolean;

  /** @param isThere false for a worker that is gone */
  constructor(isThere: (serial: number) => boolean) {
    this.#isThere = isThere;
  }

  /** Creates it where there is none. A worker that is gone gets one that nobody remembers. */
  of(serial: number): Ledger {
    const ledger = this.#bySerial.get(serial) ?? new Ledger();
    if (this.#isThere(serial)) this.#bySerial.set(serial, ledger);
    return ledger;
  }

  /** Undefined for a worker with which there has been no transfer, and for one that is forgotten. */
  known(serial: number): Ledger | undefined {
    return this.#bySerial.get(serial);
  }

  /** Keeps the ledger of a worker that may be gone, until its last transfer has ended: a state that follows is read later. */
  remember(serial: number, ledger: Ledger): void {
    this.#bySerial.set(serial, ledger);
  }

  /** The worker is gone. @returns its ledger, which nobody remembers unless a state follows */
  gone(serial: number): Ledger {
    const ledger = this.#bySerial.get(serial) ?? new Ledger();
    const follows = [...ledger.sending.values()].some(({ state }) => state.is === 'follows');
    if (!follows) this.#bySerial.delete(serial);
    return ledger;
  }

  /** Transfers that a receiver has not answered for, or that wait for their state there. */
  get receiving(): number {
    return [...this.#bySerial.values()].reduce((sum, { receiving }) => sum + receiving.size, 0);
  }

  /** With the serials of the workers. */
  all(): Iterable<[serial: number, ledger: Ledger]> {
    return this.#bySerial;
  }

  /** Workers that can have no further transfer now. */
  *unable(rescued: boolean): Generator<number> {
    for (const [serial, { silent, receiving }] of this.#bySerial) {
      if (silent || (rescued && receiving.size >= MOST_OFFERED)) yield serial;
    }
  }

  /** The transfer is over for its sender and its receiver. */
  strike({ sender, offer, phase }: Transfer): void {
    const ledger = this.#bySerial.get(sender);
    ledger?.sending.delete(offer);
    if (ledger?.sending.size === 0 && !this.#isThere(sender)) this.#bySerial.delete(sender);
    if (phase.is === 'offered') this.#bySerial.get(phase.to)?.receiving.delete(phase.id);
    if (phase.is === 'taken') this.#bySerial.get(phase.by)?.receiving.delete(phase.id);
  }
}
