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
 * A connection is **rescued** when its sender is stuck, or about to end. The master owns it at once, its sender is told so,
 * and a state comes unasked. It is held until a receiver has room for it (held-connections.ts), and nothing is given back. The
 * same holds for those of a worker that has failed and finishes its requests, which is asked for the state at once.
 *
 * A connection is offered to one receiver at a time, and the sender is told to keep it only when no receiver can have
 * it: it never has two owners.
 */
import { TAKE_WITHIN_MS } from '@tshorn/core';
import { HeldConnections } from './held-connections.ts';
import {
  type Connection,
  isStateless,
  isUnanswered,
  type Knowledge,
  Ledger,
  type Offer,
  type Phase,
  type RelayOrders,
  type Transfer,
} from './transfer.ts';

const OVER: Phase = { is: 'over' };
const WITH_SENDER: Knowledge = { is: 'with-sender' };
const ASKED: Knowledge = { is: 'asked' };
const FOLLOWS: Knowledge = { is: 'follows' };
const LOST: Knowledge = { is: 'known', text: undefined };

/** That may change in a moment; a missing descriptor is likely to stay missing. */
const PASSING = new Set(['no-taker', 'late']);

/** A receiver gets so many rescued connections at a time: thousands come at once, and it has to decline those that wait. */
const MOST_OFFERED = 64;

export class Relay {
  readonly #orders: RelayOrders;
  readonly #held = new HeldConnections();
  readonly #ledgers = new Map<number, Ledger>();
  #timer: NodeJS.Timeout | undefined;
  /** Connections that have changed hands. */
  moved = 0;

  constructor(orders: RelayOrders) {
    this.#orders = orders;
  }

  /** Connections that no receiver has answered for, or that wait for their state there. */
  get onWay(): number {
    return [...this.#ledgers.values()].reduce((sum, { receiving }) => sum + receiving.size, 0);
  }

  /** A worker that is gone gets one that nobody remembers. */
  #ledger(serial: number): Ledger {
    const ledger = this.#ledgers.get(serial) ?? new Ledger();
    if (this.#orders.peer(serial)) this.#ledgers.set(serial, ledger);
    return ledger;
  }

  /** Rescued connections that wait for a receiver. */
  get held(): number {
    return this.#held.size;
  }

  /** A sender gives a connection away. */
  offer(
    sender: number,
    offer: number,
    connection: Connection,
    { resumer, carry, rescued: isRescued = false, failing = false, instead }: Offer = {},
  ): void {
    const ledger = this.#ledger(sender);
    this.#keepLost(sender, ledger.offers.came(offer));
    // A number that is in use is forged.
    if (ledger.sending.has(offer)) return connection.close();
    if (instead !== undefined && !ledger.forgetKept(instead)) {
      // The copy that came first is here, or another worker has it.
      connection.close();
      return this.#renumber(sender, instead, offer);
    }
    // In a stop nobody will come, and it closes what it has in order.
    const rescued = isRescued || (failing && this.#orders.rescuedMayWait());
    const state = isRescued ? FOLLOWS : rescued ? ASKED : WITH_SENDER;
    // A state that follows may be read after the end of its sender.
    if (isRescued) this.#ledgers.set(sender, ledger);
    if (rescued && !ledger.isRescued) this.failed(sender);
    ledger.isRescued = rescued;
    const given = { connection, sender, offer, resumer, carry, rescued };
    const transfer: Transfer = { ...given, refusedBy: new Set(), phase: OVER, state };
    ledger.sending.set(offer, transfer);
    if (rescued && (failing || resumer === undefined)) this.#orders.peer(sender)?.handedOver(offer);
    this.#pass(transfer);
  }

  /** The sender is stuck or about to end, and has read no answer: it gives the connection away for good. */
  #renumber(sender: number, instead: number, offer: number): void {
    const { sending } = this.#ledger(sender);
    const transfer = sending.get(instead);
    if (!transfer) return this.#orders.peer(sender)?.handedOver(offer);
    sending.delete(instead);
    sending.set(offer, transfer);
    transfer.offer = offer;
    transfer.rescued = true;
    if (transfer.resumer === undefined) this.#orders.peer(sender)?.handedOver(offer);
    else if (transfer.state.is !== 'known') transfer.state = FOLLOWS;
  }

  /** All that the sender has on its way is as good as rescued: who was to receive it may hang. */
  failed(sender: number): void {
    for (const transfer of this.#ledger(sender).sending.values()) this.#leaveToUs(transfer);
  }

  /** Its sender need not wait for a receiver, and gets nothing back. One with a resumer has its state to tell first. */
  #leaveToUs(transfer: Transfer): void {
    if (transfer.rescued || transfer.resumer !== undefined) return;
    transfer.rescued = true;
    this.#orders.peer(transfer.sender)?.handedOver(transfer.offer);
  }

  /** Offers whose descriptor could not be received here stay with their sender. */
  sent(sender: number, upTo: number): void {
    this.#keepLost(sender, this.#ledger(sender).offers.sentUpTo(upTo));
  }

  #keepLost(sender: number, offers: readonly number[]): void {
    for (const offer of offers) this.#keep(sender, offer, 'no-descriptor');
  }

  #keep(sender: number, offer: number, reason: string): void {
    this.#ledger(sender).keeps(offer);
    this.#orders.peer(sender)?.keep(offer, reason);
  }

  /** Offers it to the next receiver. @param reason why the sender keeps it if there is none */
  #pass(transfer: Transfer, reason = 'no-taker'): void {
    const except = new Set(transfer.refusedBy);
    for (const [serial, { silent, receiving }] of this.#ledgers) {
      if (silent || (transfer.rescued && receiving.size >= MOST_OFFERED)) except.add(serial);
    }
    const to = this.#orders.receiverFor(transfer.sender, except);
    const receiver = to === undefined ? undefined : this.#orders.peer(to);
    if (to === undefined || !receiver) {
      return transfer.rescued ? this.#hold(transfer) : this.#giveBack(transfer, reason);
    }
    this.#held.delete(transfer);
    const id = receiver.take(transfer.connection, transfer.resumer, transfer.carry);
    transfer.phase = { is: 'offered', to, id, at: performance.now() };
    this.#ledger(to).receiving.set(id, transfer);
    this.#watch();
  }

  #hold(transfer: Transfer): void {
    if (!this.#orders.rescuedMayWait()) return this.#end(transfer);
    const oldest = this.#held.add(transfer, this.#orders.mostHeld, performance.now());
    if (oldest) this.#end(oldest);
    this.#watch();
  }

  /** Offers those that wait: a receiver has come, or has room again. */
  offerHeld(): void {
    this.#held.offer((transfer) => this.#pass(transfer));
  }

  /** A sender that is gone took its part with it: with the master's descriptor the connection ends. */
  #giveBack(transfer: Transfer, reason: string): void {
    this.#end(transfer);
    const { sender, offer, state } = transfer;
    const mayCome = PASSING.has(reason) && this.#orders.receiverMayCome(sender);
    // A sender that has told the state has nothing left that it could keep.
    if (state.is !== 'known') this.#keep(sender, offer, mayCome ? 'not-yet' : reason);
  }

  /** The receiver has the connection. */
  took(receiver: number, id: number): void {
    const transfer = this.#answered(receiver, id);
    if (!transfer) return;
    if (transfer.resumer !== undefined) {
      transfer.phase = { is: 'taken', by: receiver, id, at: performance.now() };
      return this.#askForState(transfer);
    }
    this.#end(transfer);
    this.moved++;
    if (!transfer.rescued) this.#orders.peer(transfer.sender)?.handedOver(transfer.offer);
    this.offerHeld();
  }

  /** The receiver cannot serve it (no descriptor free, say): another worker may. */
  declined(receiver: number, id: number, reason: string): void {
    const transfer = this.#answered(receiver, id);
    if (!transfer) return;
    this.#ledgers.get(receiver)?.receiving.delete(id);
    // A batch of rescued connections may be more than a worker can take in time.
    if (!(transfer.rescued && reason === 'late')) {
      transfer.refusedBy.add(receiver);
      transfer.declinedAt ??= performance.now();
    }
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
    if (transfer.state.is === 'follows') return;
    if (!sender && transfer.state.is !== 'known') transfer.state = LOST;
    if (transfer.state.is === 'known') return this.#deliver(transfer);
    if (transfer.state.is === 'asked') return;
    transfer.state = ASKED;
    sender?.handedOver(transfer.offer);
  }

  /** The sender tells the state of a connection; undefined when it does not know it any more. */
  state(sender: number, offer: number, text: string | undefined): void {
    const transfer = this.#ledgers.get(sender)?.sending.get(offer);
    if (!transfer || transfer.resumer === undefined || transfer.state.is === 'known') return;
    // Unasked: the sender has parted with it, and cannot have it back.
    if (transfer.state.is === 'with-sender') transfer.rescued = true;
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
    this.offerHeld();
  }

  /** Nobody answers for it any more; the master's copy goes. */
  #end(transfer: Transfer): void {
    const { phase, connection, sender, offer } = transfer;
    const ledger = this.#ledgers.get(sender) ?? new Ledger();
    ledger.sending.delete(offer);
    if (ledger.sending.size === 0 && !this.#orders.peer(sender)) this.#ledgers.delete(sender);
    if (phase.is === 'offered') this.#ledgers.get(phase.to)?.receiving.delete(phase.id);
    if (phase.is === 'taken') this.#ledgers.get(phase.by)?.receiving.delete(phase.id);
    this.#held.delete(transfer);
    transfer.phase = OVER;
    transfer.carry = undefined;
    connection.close();
  }

  /** The worker is gone. What it was to receive goes to another; what it was sending goes on without it. */
  gone(serial: number): void {
    const { receiving, sending } = this.#ledgers.get(serial) ?? new Ledger();
    if (![...sending.values()].some(({ state }) => state.is === 'follows')) this.#ledgers.delete(serial);
    const unanswered = [...receiving.values()];
    receiving.clear();
    for (const transfer of unanswered) this.#pass(transfer);
    for (const transfer of sending.values()) {
      this.#leaveToUs(transfer);
      if (transfer.state.is !== 'known' && transfer.state.is !== 'follows') transfer.state = LOST;
      this.#deliver(transfer);
    }
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#leaveTheSilent();
      this.#leaveTheOverdue();
      this.offerHeld();
      if (this.onWay > 0 || this.held > 0) this.#watch();
    }, TAKE_WITHIN_MS / 4).unref();
  }

  #leaveTheOverdue(): void {
    for (const transfer of this.#held.overdue(performance.now())) this.#end(transfer);
  }

  /** A worker that hangs must not keep connections from everybody: by now it would decline them itself. */
  #leaveTheSilent(): void {
    const now = performance.now();
    for (const [serial, ledger] of this.#ledgers) {
      if (this.#orders.peer(serial)?.untimed) continue;
      for (const [id, transfer] of ledger.receiving) {
        if (isStateless(transfer, now)) {
          transfer.state = LOST;
          this.#deliver(transfer);
        } else if (isUnanswered(transfer, now)) {
          ledger.silent = true;
          ledger.receiving.delete(id);
          this.#pass(transfer);
        }
      }
    }
  }
}
