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
import { Ledgers } from './ledgers.ts';
import { Offers } from './offers.ts';
import {
  type Connection,
  isStateless,
  isUnanswered,
  type Knowledge,
  type Offer,
  type Phase,
  type RelayOrders,
  type Transfer,
} from './transfer.ts';

const OVER: Phase = { is: 'over' };
const ASKED: Knowledge = { is: 'asked' };
const LOST: Knowledge = { is: 'known', text: undefined };

/** That may change in a moment; a missing descriptor is likely to stay missing. */
const PASSING = new Set(['no-taker', 'late']);

export class Relay {
  readonly #orders: RelayOrders;
  readonly #ledgers: Ledgers;
  readonly #offers: Offers;
  readonly #held = new HeldConnections();
  #timer: NodeJS.Timeout | undefined;
  /** Connections that have changed hands. */
  moved = 0;

  constructor(orders: RelayOrders) {
    this.#orders = orders;
    this.#ledgers = new Ledgers((serial) => orders.peer(serial) !== undefined);
    this.#offers = new Offers(orders, this.#ledgers);
  }

  /** Connections that no receiver has answered for, or that wait for their state there. */
  get onWay(): number {
    return this.#ledgers.receiving;
  }

  /** Rescued connections that wait for a receiver. */
  get held(): number {
    return this.#held.size;
  }

  /** A sender gives a connection away. */
  offer(sender: number, offer: number, connection: Connection, facts: Offer = {}): void {
    const transfer = this.#offers.came(sender, offer, connection, facts);
    if (transfer) this.#pass(transfer);
  }

  /** All that the sender has on its way is as good as rescued. */
  failed(sender: number): void {
    this.#offers.failed(sender);
  }

  /** The sender has sent all its offers up to this one: those that have not come stay with it. */
  sent(sender: number, upTo: number): void {
    this.#offers.sent(sender, upTo);
  }

  /** Offers it to the next receiver. @param reason why the sender keeps it if there is none */
  #pass(transfer: Transfer, reason = 'no-taker'): void {
    const except = new Set([...transfer.refusedBy, ...this.#ledgers.unable(transfer.rescued)]);
    const to = this.#orders.receiverFor(transfer.sender, except);
    const receiver = to === undefined ? undefined : this.#orders.peer(to);
    if (to === undefined || !receiver) {
      return transfer.rescued ? this.#hold(transfer) : this.#giveBack(transfer, reason);
    }
    this.#held.delete(transfer);
    const id = receiver.take(transfer.connection, transfer.resumer, transfer.carry);
    transfer.phase = { is: 'offered', to, id, at: performance.now() };
    this.#ledgers.of(to).receiving.set(id, transfer);
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
    if (state.is !== 'known') this.#offers.keep(sender, offer, mayCome ? 'not-yet' : reason);
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
    this.#ledgers.known(receiver)?.receiving.delete(id);
    // A batch of rescued connections may be more than a worker can take in time.
    if (!(transfer.rescued && reason === 'late')) {
      transfer.refusedBy.add(receiver);
      transfer.declinedAt ??= performance.now();
    }
    this.#pass(transfer, reason);
  }

  /** The transfer that this answers; undefined for a second answer, and for one that comes too late. */
  #answered(receiver: number, id: number): Transfer | undefined {
    const ledger = this.#ledgers.known(receiver);
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
    const transfer = this.#ledgers.known(sender)?.sending.get(offer);
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
    this.#ledgers.strike(transfer);
    this.#held.delete(transfer);
    transfer.phase = OVER;
    transfer.carry = undefined;
    transfer.connection.close();
  }

  /** The worker is gone. What it was to receive goes to another; what it was sending goes on without it. */
  gone(serial: number): void {
    const { receiving, sending } = this.#ledgers.gone(serial);
    const unanswered = [...receiving.values()];
    receiving.clear();
    for (const transfer of unanswered) this.#pass(transfer);
    for (const transfer of sending.values()) {
      this.#offers.leaveToUs(transfer);
      if (transfer.state.is !== 'known' && transfer.state.is !== 'follows') transfer.state = LOST;
      this.#deliver(transfer);
    }
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#leaveTheSilent();
      for (const transfer of this.#held.overdue(performance.now())) this.#end(transfer);
      this.offerHeld();
      if (this.onWay > 0 || this.held > 0) this.#watch();
    }, TAKE_WITHIN_MS / 4).unref();
  }

  /** A worker that hangs must not keep connections from everybody: by now it would decline them itself. */
  #leaveTheSilent(): void {
    const now = performance.now();
    for (const [serial, ledger] of this.#ledgers.all()) {
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
