/**
 * Connections on their way from one worker (the sender) to another (the receiver). They pass through the master as
 * bare descriptors, which it never reads. It keeps each until the receiver has answered, so that a receiver that dies
 * first costs nothing: nothing has been read, and another worker gets the connection.
 *
 * A connection that is more than idle HTTP has a **resumer**, which needs a state that only the sender knows. The
 * receiver takes the connection first and waits; then the sender is asked for the state, and never reads again.
 *
 *     offered  --took-->                     over   (idle HTTP: the receiver owns it)
 *     offered  --took-->                     taken  (the sender is asked for the state)
 *     taken    --state, or sender gone-->    over   (the receiver owns it, with the state or without)
 *     offered  --declined, silent, gone-->   offered to the next one; without one, over: the sender keeps it
 *     taken    --receiver gone-->            the same
 *
 * A connection is offered to one receiver at a time, and the sender is told to keep it only when no receiver can have
 * it: it never has two owners.
 */
import { SequenceReceiver, TAKE_WITHIN_MS } from '@tshorn/core';

export interface Connection {
  close(): void;
}

/** A worker, or another master, as the relay needs it. */
export interface Peer {
  /** The peer always answers or exits: there is no time limit, since it may own the connection already. */
  readonly untimed?: true;
  /**
   * Offers a connection. Returns the number under which the peer will answer.
   * @param resumer name of what resumes the connection; its state follows
   */
  take(connection: Connection, resumer?: string): number;
  /** The state of what the peer has taken; undefined when nobody knows it any more. */
  state(id: number, text: string | undefined): void;
  /** Another worker has the connection that this peer offered under that number. */
  handedOver(offer: number): void;
  /** No worker can take it: the peer keeps the connection. @param reason `not-yet`: offered again, it may find a worker */
  keep(offer: number, reason: string): void;
}

export interface RelayOrders {
  peer(serial: number): Peer | undefined;
  /** The receiver has a connection with its state, and will report whether it could resume it. */
  arrived(receiver: number): void;
  /** The best receiver for a connection of this sender, without `except`. */
  receiverFor(sender: number, except: ReadonlySet<number>): number | undefined;
  /** True when a receiver may come soon, if there is none now. */
  receiverMayCome(sender: number): boolean;
}

type Phase =
  /** A receiver was asked at that time, under that number. */
  | { readonly is: 'offered'; readonly to: number; readonly id: number; readonly at: number }
  /** The receiver waits for the state. */
  | { readonly is: 'taken'; readonly by: number; readonly id: number }
  | { readonly is: 'over' };

type Knowledge =
  /** The sender has not been asked for the state. */
  | { readonly is: 'with-sender' }
  | { readonly is: 'asked' }
  /** Without a text nobody knows it any more. It stays known when the receiver dies before it could hear of it. */
  | { readonly is: 'known'; readonly text: string | undefined };

interface Transfer {
  readonly connection: Connection;
  readonly sender: number;
  /** The sender's number for it. */
  readonly offer: number;
  /** Undefined for idle HTTP. */
  readonly resumer: string | undefined;
  readonly refusedBy: Set<number>;
  phase: Phase;
  state: Knowledge;
}

/** The transfers between the master and one worker. */
class Ledger {
  readonly offers = new SequenceReceiver();
  /** By the worker's own number. */
  readonly sending = new Map<number, Transfer>();
  /** By the number that the worker answers with. */
  readonly receiving = new Map<number, Transfer>();
  /** The worker let an offer lie: nothing more is offered to it until it answers again. */
  silent = false;
}

const OVER: Phase = { is: 'over' };
const WITH_SENDER: Knowledge = { is: 'with-sender' };
const ASKED: Knowledge = { is: 'asked' };
const LOST: Knowledge = { is: 'known', text: undefined };

/** Nobody is there, or who was there let it lie: that may change in a moment. A missing descriptor is likely to stay missing. */
const PASSING = new Set(['no-taker', 'late']);

/** Twice the time that a worker has: one that wakes up late declines by itself, long before. */
const SILENT_AFTER_MS = 2 * TAKE_WITHIN_MS;

export class Relay {
  readonly #orders: RelayOrders;
  readonly #ledgers = new Map<number, Ledger>();
  #timer: NodeJS.Timeout | undefined;
  /** Connections that have changed hands. */
  moved = 0;

  constructor(orders: RelayOrders) {
    this.#orders = orders;
  }

  /** Connections that no receiver has answered for. */
  get onWay(): number {
    const transfers = [...this.#ledgers.values()].flatMap(({ receiving }) => [...receiving.values()]);
    return transfers.filter(({ phase }) => phase.is === 'offered').length;
  }

  /** A worker that is gone gets one that nobody remembers. */
  #ledger(serial: number): Ledger {
    const ledger = this.#ledgers.get(serial) ?? new Ledger();
    if (this.#orders.peer(serial)) this.#ledgers.set(serial, ledger);
    return ledger;
  }

  /** A sender gives a connection away. */
  offer(sender: number, offer: number, connection: Connection, resumer?: string): void {
    const ledger = this.#ledger(sender);
    this.#keepLost(sender, ledger.offers.came(offer));
    // A number that is in use is forged.
    if (ledger.sending.has(offer)) return connection.close();
    const refusedBy = new Set<number>();
    const transfer = { connection, sender, offer, resumer, refusedBy, phase: OVER, state: WITH_SENDER };
    ledger.sending.set(offer, transfer);
    this.#pass(transfer);
  }

  /** Offers whose descriptor could not be received here stay with their sender. */
  sent(sender: number, upTo: number): void {
    this.#keepLost(sender, this.#ledger(sender).offers.sentUpTo(upTo));
  }

  #keepLost(sender: number, offers: readonly number[]): void {
    for (const offer of offers) this.#orders.peer(sender)?.keep(offer, 'no-descriptor');
  }

  /** Offers it to the next receiver. @param reason why the sender keeps it if there is none */
  #pass(transfer: Transfer, reason = 'no-taker'): void {
    const except = new Set(transfer.refusedBy);
    for (const [serial, { silent }] of this.#ledgers) if (silent) except.add(serial);
    const to = this.#orders.receiverFor(transfer.sender, except);
    const receiver = to === undefined ? undefined : this.#orders.peer(to);
    if (to === undefined || !receiver) return this.#giveBack(transfer, reason);
    const id = receiver.take(transfer.connection, transfer.resumer);
    transfer.phase = { is: 'offered', to, id, at: performance.now() };
    this.#ledger(to).receiving.set(id, transfer);
    this.#watch();
  }

  /** A sender that is gone took its part with it: with the master's descriptor the connection ends. */
  #giveBack(transfer: Transfer, reason: string): void {
    this.#end(transfer);
    const { sender, offer, state } = transfer;
    const mayCome = PASSING.has(reason) && this.#orders.receiverMayCome(sender);
    // A sender that has told the state has nothing left that it could keep.
    if (state.is !== 'known') this.#orders.peer(sender)?.keep(offer, mayCome ? 'not-yet' : reason);
  }

  /** The receiver has the connection. */
  took(receiver: number, id: number): void {
    const transfer = this.#answered(receiver, id);
    if (!transfer) return;
    if (transfer.resumer !== undefined) {
      transfer.phase = { is: 'taken', by: receiver, id };
      return this.#askForState(transfer);
    }
    this.#end(transfer);
    this.moved++;
    this.#orders.peer(transfer.sender)?.handedOver(transfer.offer);
  }

  /** The receiver cannot serve it (no descriptor free, say): another worker may. */
  declined(receiver: number, id: number, reason: string): void {
    const transfer = this.#answered(receiver, id);
    if (!transfer) return;
    this.#ledgers.get(receiver)?.receiving.delete(id);
    transfer.refusedBy.add(receiver);
    this.#pass(transfer, reason);
  }

  /** The transfer that this answers; undefined for a second answer, and for one that comes too late. */
  #answered(receiver: number, id: number): Transfer | undefined {
    const ledger = this.#ledgers.get(receiver);
    if (!ledger) return undefined;
    ledger.silent = false;
    const transfer = ledger.receiving.get(id);
    return transfer?.phase.is === 'offered' ? transfer : undefined;
  }

  #askForState(transfer: Transfer): void {
    const sender = this.#orders.peer(transfer.sender);
    if (!sender && transfer.state.is !== 'known') transfer.state = LOST;
    if (transfer.state.is === 'known') return this.#deliver(transfer);
    if (transfer.state.is === 'asked') return;
    transfer.state = ASKED;
    sender?.handedOver(transfer.offer);
  }

  /** The sender tells the state of a connection; undefined when it does not know it any more. */
  state(sender: number, offer: number, text: string | undefined): void {
    const transfer = this.#ledgers.get(sender)?.sending.get(offer);
    if (transfer?.state.is !== 'asked') return;
    transfer.state = { is: 'known', text };
    this.#deliver(transfer);
  }

  /** Ends the transfer if its receiver is there; the next one hears of the state when it has taken it. */
  #deliver(transfer: Transfer): void {
    const { phase, state } = transfer;
    if (phase.is !== 'taken' || state.is !== 'known') return;
    this.#end(transfer);
    this.moved++;
    this.#orders.arrived(phase.by);
    this.#orders.peer(phase.by)?.state(phase.id, state.text);
  }

  /** Nobody answers for it any more; the master's copy goes. */
  #end(transfer: Transfer): void {
    const { phase, connection, sender, offer } = transfer;
    this.#ledgers.get(sender)?.sending.delete(offer);
    if (phase.is === 'offered') this.#ledgers.get(phase.to)?.receiving.delete(phase.id);
    if (phase.is === 'taken') this.#ledgers.get(phase.by)?.receiving.delete(phase.id);
    transfer.phase = OVER;
    connection.close();
  }

  /** The worker is gone. What it was to receive goes to another; what it was sending goes on without it. */
  gone(serial: number): void {
    const { receiving, sending } = this.#ledgers.get(serial) ?? new Ledger();
    this.#ledgers.delete(serial);
    for (const transfer of receiving.values()) this.#pass(transfer);
    for (const transfer of sending.values()) {
      if (transfer.state.is !== 'known') transfer.state = LOST;
      this.#deliver(transfer);
    }
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#leaveTheSilent();
      if (this.onWay > 0) this.#watch();
    }, TAKE_WITHIN_MS / 4).unref();
  }

  /** A worker that hangs must not keep connections from everybody: by now it would decline them itself. */
  #leaveTheSilent(): void {
    const latest = performance.now() - SILENT_AFTER_MS;
    for (const [serial, ledger] of this.#ledgers) {
      if (this.#orders.peer(serial)?.untimed) continue;
      for (const [id, transfer] of ledger.receiving) {
        if (transfer.phase.is !== 'offered') continue;
        if (transfer.phase.at > latest) break;
        ledger.silent = true;
        ledger.receiving.delete(id);
        this.#pass(transfer);
      }
    }
  }
}
