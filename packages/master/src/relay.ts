/**
 * Connections on their way from a worker that drains to one that serves. They pass through the master as
 * bare descriptors: it never reads from them, and holds each until its new owner has said that it has it.
 * If that worker dies first, the connection, of which nothing has been read, goes to another one.
 */
import { SequenceReceiver, TAKE_WITHIN_MS } from '@tshorn/core';

export interface Connection {
  close(): void;
}

/** A worker as the relay needs it. */
export interface Peer {
  /** It answers in the end, or its own end answers for it: it is never left for another. */
  readonly patient?: true;
  /**
   * Returns the number under which the worker will answer.
   * @param resumer what goes on with it, when it is more than idle HTTP; then its state follows
   */
  take(connection: Connection, resumer?: string): number;
  /** The state of what it has taken; undefined when nobody knows it any more. */
  state(id: number, text: string | undefined): void;
  handedOver(offer: number): void;
  keep(offer: number, reason: string): void;
}

export interface RelayOrders {
  peer(serial: number): Peer | undefined;
  /** The worker has a connection with its state, and will say what becomes of it. */
  arrived(by: number): void;
  /** Who should take a connection of this worker: the best of those that serve, and none of these. */
  takerFor(from: number, except: ReadonlySet<number>): number | undefined;
}

interface OnWay {
  readonly connection: Connection;
  readonly from: number;
  /** The giver's own number for it. */
  readonly offer: number;
  readonly resumer: string | undefined;
  readonly refusedBy: Set<number>;
  sentAt: number;
  /** Who has taken it, and waits for its state. */
  taken?: { readonly by: number; readonly id: number };
  /** What its giver has said of it last; its taker may have died before it could hear that. */
  state?: { readonly text: string | undefined };
}

/** What is between the master and one worker. */
class Ledger {
  readonly offered = new SequenceReceiver();
  /** What it was given to take, by its number. */
  readonly taking = new Map<number, OnWay>();
  /** What it has given, which is another's, and whose state it has still to tell; by its own number. */
  readonly parting = new Map<number, OnWay>();
  /** It has let something lie: nothing more is given to it until it answers again. */
  silent = false;
}

/** Twice what the worker has: one that wakes up late declines by itself, and long before. */
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

  /** Connections that nobody but the master may own at this moment. */
  get onWay(): number {
    return [...this.#ledgers.values()].reduce((sum, { taking }) => sum + taking.size, 0);
  }

  #ledger(serial: number): Ledger {
    const ledger = this.#ledgers.get(serial) ?? new Ledger();
    this.#ledgers.set(serial, ledger);
    return ledger;
  }

  offer(from: number, offer: number, connection: Connection, resumer?: string): void {
    this.#keepLost(from, this.#ledger(from).offered.came(offer));
    this.#pass({ connection, from, offer, resumer, refusedBy: new Set(), sentAt: 0 });
  }

  /** Offers of which the descriptor could not be received here stay where they are. */
  sent(from: number, upTo: number): void {
    this.#keepLost(from, this.#ledger(from).offered.sentUpTo(upTo));
  }

  #keepLost(from: number, offers: readonly number[]): void {
    for (const offer of offers) this.#orders.peer(from)?.keep(offer, 'no-descriptor');
  }

  #pass(moving: OnWay, reason = 'no-taker'): void {
    const except = new Set(moving.refusedBy);
    for (const [serial, { silent }] of this.#ledgers) if (silent) except.add(serial);
    const to = this.#orders.takerFor(moving.from, except);
    const taker = to === undefined ? undefined : this.#orders.peer(to);
    if (to === undefined || !taker) return this.#giveBack(moving, reason);
    moving.sentAt = performance.now();
    this.#ledger(to).taking.set(taker.take(moving.connection, moving.resumer), moving);
    this.#watch();
  }

  took(by: number, id: number): void {
    const moving = this.#answered(by, id);
    if (!moving) return;
    if (moving.resumer !== undefined) return this.#awaitState(moving, by, id);
    moving.connection.close();
    this.moved++;
    this.#orders.peer(moving.from)?.handedOver(moving.offer);
  }

  /** The copy here is kept until its state has gone to its new owner, who may die before that. */
  #awaitState(moving: OnWay, by: number, id: number): void {
    moving.taken = { by, id };
    if (moving.state) return this.#part(moving, moving.state.text);
    const giver = this.#orders.peer(moving.from);
    // Nobody is left who could tell.
    if (!giver) return this.#part(moving, undefined);
    const { parting } = this.#ledger(moving.from);
    const isFirst = !parting.has(moving.offer);
    parting.set(moving.offer, moving);
    if (isFirst) giver.handedOver(moving.offer);
  }

  /** What the new owner has to know of a connection, from the one that had it. */
  state(from: number, offer: number, text: string | undefined): void {
    const parting = this.#ledgers.get(from)?.parting;
    const moving = parting?.get(offer);
    if (!parting || !moving) return;
    parting.delete(offer);
    moving.state = { text };
    // Without a taker it is being passed to another, who will be told.
    if (moving.taken) this.#part(moving, text);
  }

  #part({ connection, taken }: OnWay, text: string | undefined): void {
    connection.close();
    this.moved++;
    if (!taken) return;
    this.#orders.arrived(taken.by);
    this.#orders.peer(taken.by)?.state(taken.id, text);
  }

  /** The worker cannot serve it (no descriptor free, say): another one may. */
  declined(by: number, id: number, reason: string): void {
    const moving = this.#answered(by, id);
    if (!moving) return;
    moving.refusedBy.add(by);
    this.#pass(moving, reason);
  }

  #answered(by: number, id: number): OnWay | undefined {
    const ledger = this.#ledgers.get(by);
    if (!ledger) return undefined;
    ledger.silent = false;
    const moving = ledger.taking.get(id);
    ledger.taking.delete(id);
    return moving;
  }

  /** A giver that is gone took its part with it: with the master's descriptor the connection ends. */
  #giveBack({ connection, from, offer, state }: OnWay, reason: string): void {
    connection.close();
    this.#ledgers.get(from)?.parting.delete(offer);
    // What has parted with its state has nothing to go back to.
    if (!state) this.#orders.peer(from)?.keep(offer, reason);
  }

  /** What the worker was to take goes to another; what it was giving goes on without it. */
  gone(serial: number): void {
    const ledger = this.#ledgers.get(serial);
    this.#ledgers.delete(serial);
    for (const moving of ledger?.taking.values() ?? []) this.#pass(moving);
    for (const moving of ledger?.parting.values() ?? []) {
      moving.state = { text: undefined };
      if (moving.taken) this.#part(moving, undefined);
    }
    this.#passAgain(serial);
  }

  /** It had these, and their givers have not told it yet what they are. */
  #passAgain(gone: number): void {
    for (const { parting } of this.#ledgers.values()) {
      for (const moving of [...parting.values()].filter(({ taken }) => taken?.by === gone)) {
        delete moving.taken;
        this.#pass(moving);
      }
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
      if (this.#orders.peer(serial)?.patient) continue;
      for (const [id, moving] of ledger.taking) {
        if (moving.sentAt > latest) break;
        ledger.silent = true;
        ledger.taking.delete(id);
        this.#pass(moving);
      }
    }
  }
}
