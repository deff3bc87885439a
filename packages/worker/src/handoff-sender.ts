/**
 * The sending end of a handoff; the receiving end is handoff-receiver.ts. A connection at rest is detached from this
 * worker's event loop, and a copy of its descriptor goes to the master and on to another worker. Until that worker owns
 * it, nothing is given up here: if no worker takes it, it is read again and served on.
 */
import type { Socket } from 'node:net';
import { InTransit, type Sent } from './in-transit.ts';
import { hold, unhold } from './migrate/held.ts';
import { OutgoingMigrations, type OutgoingOrders } from './migrate/outgoing-migrations.ts';
import type { Migratable } from './migrate/registry.ts';
import { isEncrypted } from './transport/http1-internals.ts';
import type { Detached, InterruptedTurn, Transport } from './transport/transport.ts';

/** This many are in transit at a time; the rest are served where they are. */
const WINDOW = 8;
/**
 * `BURST` connections in `BURST_MS` milliseconds are 2,000 a second. Half as many again would be possible, and then the
 * requests that are served meanwhile wait for the processor: the slowest answers take twice as long.
 */
const BURST = 8;
const BURST_MS = 4;
/** One scan finds at most this many: ten thousand at once would delay every answer by 15 ms. */
const SCAN_LIMIT = 500;
/** Scans that find fewer take at most this part of the time. */
const SCAN_SHARE = 0.1;
/** Between two scans that find nothing, unless a response ends meanwhile: a drain may wait long for its last request. */
const LEAST_REST_MS = 5;
/** On a busy machine a scan may stand still for long, and the next one must not wait ten times as long. */
const LONGEST_REST_MS = 250;
/** No worker can take a connection now, and one may soon: it is offered again after so long. */
const OFFER_AGAIN_MS = 100;
/** How often, and for how long, a connection is looked at again whose app has begun to send: its new owner waits. */
const SENDING_EVERY_MS = 2;
const SENDING_WITHIN_MS = 5_000;

export interface Candidate {
  readonly socket: Socket;
  /** Bytes that had been read when the connection was found. */
  readonly bytesRead: number;
  /** For a WebSocket or a stream. */
  readonly migratable?: Migratable;
}

/** A connection that leaves at once. */
export interface Picked extends Sent {
  /** For a WebSocket or a stream: its new owner needs it. */
  readonly state: string | undefined;
  /** The number under which it was offered before. */
  readonly instead?: number;
}

/** The messages to the master. */
export interface HandoffSenderOrders extends OutgoingOrders {
  /** @returns the id under which the answer will come */
  offer(connection: Pick<Detached, 'handle' | 'carry'>, resumer: string | undefined): number;
}

export class HandoffSender {
  readonly #transport: Transport;
  readonly #orders: HandoffSenderOrders;
  /** WebSockets and streams, which move with a state. */
  readonly outgoing: OutgoingMigrations;
  readonly #inTransit = new InTransit((id, { migratable }) => {
    if (migratable) this.outgoing.lost(id);
    this.#sendNext();
  });
  #queue: Candidate[] = [];
  #all = false;
  #ended = false;
  #nextScan = 0;
  #scan: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #burst = BURST;
  #pause: NodeJS.Timeout | undefined;
  moved = 0;
  /** True from the moment that no worker can take a connection until one has taken one. */
  waitsForTaker = false;
  /** How many connections no worker could take, by reason. */
  refused: Readonly<Record<string, number>> = {};
  /** Called once, when it turns out that no worker can take connections. */
  onRefused: () => void = () => {};

  /** @param migratables the WebSockets and streams that can move */
  constructor(transport: Transport, migratables: ReadonlySet<Migratable>, orders: HandoffSenderOrders) {
    this.#transport = transport;
    this.#orders = orders;
    this.outgoing = new OutgoingMigrations(transport, migratables, orders);
  }

  /**
   * Sends at most `count` of those that are at rest now, to even out the load; this worker serves on.
   * @param encrypted those over TLS, too
   */
  sendSome(count: number, encrypted: boolean): void {
    if (this.#all || this.#queue.length > 0) return;
    this.outgoing.begin();
    const mayGo = (socket: Socket) => encrypted || !isEncrypted(socket);
    // Node lists those first that have been idle for the longest: they would leave all the work here.
    const idle = evenly([...this.#transport.idle()].filter(mayGo), count);
    this.#queue = this.#atRest(count, idle).filter(({ socket }) => mayGo(socket));
    this.#sendNext();
  }

  /** From here on every connection that comes to rest is sent: the worker drains. */
  sendAll(): void {
    this.#all = true;
    this.moved = 0;
    this.refused = {};
    this.waitsForTaker = false;
    this.outgoing.begin();
    this.#queue = [];
    this.pump();
  }

  /** Nothing is left, or the worker serves again: from here on nothing is sent unless the master asks for it. */
  sendNone(): void {
    this.#all = false;
    this.#ended = false;
    this.#queue = [];
    this.#cancelScan();
  }

  /** Looks for connections at rest, now or soon; called whenever one may have come to rest. */
  pump(): void {
    if (!this.#all || this.#ended || this.#queue.length > 0) return;
    const start = performance.now();
    if (start < this.#nextScan) return this.#scanAt(this.#nextScan, start);
    this.#cancelScan();
    this.#queue = this.#atRest(SCAN_LIMIT);
    const end = performance.now();
    const restMs = Math.min((end - start) / SCAN_SHARE, LONGEST_REST_MS);
    this.#nextScan = this.#queue.length < SCAN_LIMIT ? end + restMs : end;
    if (this.#queue.length > 0) this.#sendNext();
    else this.#scanAt(Math.max(this.#nextScan, end + LEAST_REST_MS), end);
  }

  #scanAt(at: number, now: number): void {
    if (this.#scan && this.#scan.at <= at) return;
    this.#cancelScan();
    const timer = setTimeout(() => {
      this.#scan = undefined;
      this.pump();
    }, at - now).unref();
    this.#scan = { timer, at };
  }

  #cancelScan(): void {
    clearTimeout(this.#scan?.timer);
    this.#scan = undefined;
  }

  #atRest(most: number, sockets: Iterable<Socket> = this.#transport.idle()): Candidate[] {
    const inTransit = this.#inTransit.sockets();
    const found: Candidate[] = [];
    for (const socket of sockets) {
      if (found.length >= most) return found;
      const { bytesRead } = socket;
      if (!inTransit.has(socket) && this.#transport.isAtRest(socket)) found.push({ socket, bytesRead });
    }
    for (const migratable of this.outgoing.atRest()) {
      if (found.length >= most) break;
      const { socket } = migratable;
      if (!inTransit.has(socket)) found.push({ socket, bytesRead: socket.bytesRead, migratable });
    }
    return found;
  }

  #sendNext(): void {
    while (this.#inTransit.inWindow < WINDOW && this.#burst > 0) {
      const next = this.#queue.pop();
      if (!next) return this.#inTransit.size === 0 ? this.pump() : undefined;
      this.#send(next);
    }
    if (this.#burst > 0) return;
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#burst = BURST;
      this.#sendNext();
    }, BURST_MS).unref();
  }

  #send({ socket, bytesRead, migratable }: Candidate): void {
    const detached = this.#transport.detach(socket, migratable ? undefined : bytesRead);
    if (!detached) return;
    // An app's `save` should send nothing, and may.
    if (migratable && !(this.outgoing.mayGo(migratable) && this.#transport.isFlushed(socket))) {
      return detached.attach();
    }
    this.#burst--;
    if (migratable) hold(socket);
    const id = this.#orders.offer(detached, migratable?.resumer);
    this.#inTransit.add(id, { socket, detached, migratable });
  }

  /** Every connection that can leave in the middle of this turn. */
  resting(turn: InterruptedTurn): Candidate[] {
    return this.#atRest(Number.POSITIVE_INFINITY).filter(({ socket, migratable }) =>
      migratable ? turn.isApart(socket) : turn.isIdle(socket),
    );
  }

  /**
   * Makes it ready to leave at once, whatever is on its way.
   * @returns undefined when it has to stay
   */
  pick({ socket, bytesRead, migratable }: Candidate): Picked | undefined {
    const detached = this.#transport.detach(socket, migratable ? undefined : bytesRead);
    if (!detached) return undefined;
    if (!migratable) return { socket, detached, migratable, state: undefined };
    const state = this.outgoing.rescue(migratable);
    if (state === undefined) detached.attach();
    return state === undefined ? undefined : { socket, detached, migratable, state };
  }

  /** The connection has left under this id. One with a state is over here; another one waits for the answer. */
  hasLeft(id: number, { socket, detached, migratable, instead }: Picked): void {
    if (instead !== undefined) this.#inTransit.answered(instead);
    if (migratable) return this.outgoing.rescued(migratable);
    this.#inTransit.add(id, { socket, detached, migratable }, true);
  }

  /**
   * Those that were offered before, ready to leave again: the master may have given one back, and the answer is not read
   * any more.
   */
  *again(turn: InterruptedTurn): Generator<Picked> {
    for (const [instead, { socket, detached, migratable, rescued }] of this.#inTransit.all()) {
      if (rescued) continue;
      const state = migratable && turn.isApart(socket) ? this.outgoing.rescue(migratable) : undefined;
      if (!migratable || state !== undefined) yield { socket, detached, migratable, state, instead };
    }
  }

  /** Another worker owns it: the descriptor here is closed, and its client notices nothing. */
  handedOver(id: number, until = performance.now() + SENDING_WITHIN_MS): void {
    // The client has begun to send something since, and the rest would never come.
    if (this.#inTransit.get(id)?.migratable?.isSending?.() && performance.now() < until) {
      setTimeout(() => this.handedOver(id, until), SENDING_EVERY_MS);
      return;
    }
    const sent = this.#inTransit.answered(id);
    if (!sent) return this.outgoing.partWithNothing(id);
    if (!sent.rescued) {
      this.moved++;
      this.waitsForTaker = false;
    }
    if (sent.migratable) this.outgoing.part(id, sent.migratable);
    else sent.socket.destroy();
    this.#sendNext();
  }

  /**
   * No worker can take it, nor any other connection: from here on the drain closes connections in order. With the reason
   * `not-yet` a worker may be able to soon (a replacement boots, say), and the drain goes on.
   */
  keep(id: number, reason: string): void {
    const kept = this.#inTransit.answered(id);
    if (!kept) return this.outgoing.stays(id);
    kept.detached.attach();
    if (kept.migratable) {
      unhold(kept.socket);
      if (reason === 'no-resumer') {
        this.outgoing.unknown(kept.migratable);
        return this.#sendNext();
      }
    }
    if (reason === 'not-yet') return this.#waitForTaker();
    if (!kept.migratable) this.refused = { ...this.refused, [reason]: (this.refused[reason] ?? 0) + 1 };
    this.#end();
  }

  #waitForTaker(): void {
    this.waitsForTaker = true;
    this.#queue = [];
    this.#nextScan = performance.now() + OFFER_AGAIN_MS;
    this.pump();
  }

  /** The master is gone. Another worker may own what is in transit, so it must not be read here. */
  abandon(): void {
    for (const socket of this.#inTransit.sockets()) socket.destroy();
    this.#end();
  }

  #end(): void {
    this.#queue = [];
    if (!this.#all || this.#ended) return;
    this.#ended = true;
    this.onRefused();
  }
}

/** `count` of them, from all parts of the list. */
export const evenly = <T>(all: readonly T[], count: number): T[] =>
  all.filter((_, at) => Math.floor(((at + 1) * count) / all.length) > Math.floor((at * count) / all.length));
