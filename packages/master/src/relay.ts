/**
 * Connections on their way from a worker that drains to one that serves. They pass through the master as
 * bare descriptors: it never reads from them, and holds each until its new owner has said that it has it.
 * If that worker dies first, the connection, of which nothing has been read, goes to another one.
 */
export interface Connection {
  close(): void;
}

/** A worker as the relay needs it. */
export interface Peer {
  take(id: number, connection: Connection): void;
  answerOffer(answer: 'handed-over' | 'keep', id: number): void;
}

interface OnWay {
  readonly connection: Connection;
  readonly from: number;
  /** The giver's own number for it. */
  readonly offer: number;
  to: number;
}

export class Relay {
  readonly #peer: (serial: number) => Peer | undefined;
  /** Who should take a connection of this worker: the best of those that serve. */
  readonly #takerFor: (from: number) => number | undefined;
  readonly #onWay = new Map<number, OnWay>();
  /** The last offer of each giver that has arrived. */
  readonly #offered = new Map<number, number>();
  #lastId = 0;

  constructor(peer: (serial: number) => Peer | undefined, takerFor: (from: number) => number | undefined) {
    this.#peer = peer;
    this.#takerFor = takerFor;
  }

  /** Connections that nobody but the master may own at this moment. */
  get onWay(): number {
    return this.#onWay.size;
  }

  offer(from: number, offer: number, connection: Connection): void {
    this.#offered.set(from, offer);
    this.#pass({ connection, from, offer, to: -1 });
  }

  /** An offer of which the descriptor could not be received here stays where it is. */
  sent(from: number, offer: number): void {
    if (this.#offered.get(from) !== offer) this.#peer(from)?.answerOffer('keep', offer);
  }

  #pass(moving: OnWay): void {
    const to = this.#takerFor(moving.from);
    const taker = to === undefined ? undefined : this.#peer(to);
    if (to === undefined || !taker) return this.#giveBack(moving);
    const id = ++this.#lastId;
    moving.to = to;
    this.#onWay.set(id, moving);
    taker.take(id, moving.connection);
  }

  took(by: number, id: number): void {
    const moving = this.#onWay.get(id);
    if (moving?.to !== by) return;
    this.#onWay.delete(id);
    moving.connection.close();
    this.#peer(moving.from)?.answerOffer('handed-over', moving.offer);
  }

  /** The worker cannot serve it (its release speaks TLS, say): it stays where it was. */
  declined(by: number, id: number): void {
    const moving = this.#onWay.get(id);
    if (moving?.to !== by) return;
    this.#onWay.delete(id);
    this.#giveBack(moving);
  }

  /** A giver that is gone took its part with it: with the master's descriptor the connection ends. */
  #giveBack({ connection, from, offer }: OnWay): void {
    connection.close();
    this.#peer(from)?.answerOffer('keep', offer);
  }

  /** What the worker was to take goes to another; what it was giving goes on without it. */
  gone(serial: number): void {
    this.#offered.delete(serial);
    for (const [id, moving] of [...this.#onWay]) {
      if (moving.to !== serial) continue;
      this.#onWay.delete(id);
      this.#pass(moving);
    }
  }
}
