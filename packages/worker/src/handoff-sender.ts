/**
 * The giving end of a handoff; the receiving end is take.ts. A connection at rest stops being read
 * **before** it is looked at, so that no byte can come in between; a copy of its descriptor goes to the
 * master and on to another worker. Until that worker owns it, nothing is given up here: if nobody can
 * take it, it is read again and goes on.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { flushedHandle, handleAtRest, httpSockets, idleSockets, type RawHandle } from './http-internals.ts';
import { hold, unhold } from './survive/held.ts';
import { OutgoingMigrations, type OutgoingOrders } from './survive/outgoing-migrations.ts';
import type { Survivor } from './survive/registry.ts';

/** So many are on their way at a time; the rest are served where they are. */
const WINDOW = 8;
/**
 * So many are given in so many milliseconds, which is 2,000 a second. Faster is possible, by half, and then
 * whoever is served meanwhile waits for the processor: his slowest answers take twice as long.
 */
const BURST = 8;
const BURST_MS = 4;
/** So many are looked for at a time: ten thousand at once would make everybody wait for 15 ms. */
const LOOK_FOR = 500;
/** Looking takes at most this part of the time, when it finds less than that. */
const LOOKING = 0.1;
/** How often what an app is sending by and by is looked at again, and for how long: its new owner waits. */
const SETTLE_MS = 2;
const SETTLE_WITHIN_MS = 5_000;

interface Candidate {
  readonly socket: Socket;
  /** What had been read when it was found: who has read more by its turn is not at rest any more. */
  readonly bytesRead: number;
  /** What knows more of it, when it is more than idle HTTP. */
  readonly survivor?: Survivor;
}

interface OnWay {
  readonly socket: Socket;
  readonly handle: RawHandle;
  readonly survivor: Survivor | undefined;
  readonly onClose: () => void;
}

/** What is said to the master. */
export interface HandoffSenderOrders extends OutgoingOrders {
  /** Returns the number under which the answer will come. */
  offer(handle: RawHandle, resumer: string | undefined): number;
}

export class HandoffSender {
  readonly #server: http.Server;
  readonly #orders: HandoffSenderOrders;
  /** What is more than idle HTTP. */
  readonly outgoing: OutgoingMigrations;
  readonly #onWay = new Map<number, OnWay>();
  #queue: Candidate[] = [];
  #all = false;
  #ended = false;
  #nextLook = 0;
  #look: NodeJS.Timeout | undefined;
  #burst = BURST;
  #pause: NodeJS.Timeout | undefined;
  moved = 0;
  /** Connections that nobody could take, by reason. */
  readonly refused: Record<string, number> = {};
  /** Called once, when it turns out that nobody can take connections. */
  onRefused: () => void = () => {};

  /** `survivors`: connections that can move though they are more than idle HTTP. */
  constructor(server: http.Server, survivors: ReadonlySet<Survivor>, orders: HandoffSenderOrders) {
    this.#server = server;
    this.#orders = orders;
    this.outgoing = new OutgoingMigrations(survivors, orders);
  }

  /** Gives so many of those that are at rest now, to even out the load, while this worker goes on serving. */
  giveSome(count: number): void {
    if (this.#all || this.#queue.length > 0) return;
    this.outgoing.begin();
    this.#queue = this.#atRest(count);
    this.#giveNext();
  }

  /** From here on everything that comes to rest is given: the worker drains. */
  giveAll(): void {
    this.#all = true;
    this.moved = 0;
    this.outgoing.begin();
    this.#queue = [];
    this.pump();
  }

  /** The worker serves again: from here on nothing is given unless it is asked for. */
  giveNone(): void {
    this.#all = false;
    this.#ended = false;
    this.#queue = [];
    clearTimeout(this.#look);
    this.#look = undefined;
  }

  /** Looks for connections at rest, now or soon; called whenever one may have come to rest. */
  pump(): void {
    if (!this.#all || this.#ended || this.#queue.length > 0 || this.#look) return;
    const start = performance.now();
    if (start < this.#nextLook) {
      this.#look = setTimeout(() => {
        this.#look = undefined;
        this.pump();
      }, this.#nextLook - start).unref();
      return;
    }
    this.#queue = this.#atRest(LOOK_FOR);
    const end = performance.now();
    this.#nextLook = this.#queue.length < LOOK_FOR ? end + (end - start) / LOOKING : end;
    this.#giveNext();
  }

  /** So many at most. */
  #atRest(most: number): Candidate[] {
    const onWay = new Set([...this.#onWay.values()].map(({ socket }) => socket));
    const found = new Map<Socket, number>();
    const note = (socket: Socket, bytesRead: number) => {
      if (!onWay.has(socket) && handleAtRest(socket)) found.set(socket, bytesRead);
      return found.size < most;
    };
    (idleSockets(this.#server) ?? []).every((socket) => note(socket, socket.bytesRead));
    // One that has not sent a byte, to this worker, is not idle to Node before 26.4.
    if (found.size < most) {
      (httpSockets(this.#server) ?? []).every((socket) => socket.bytesRead > 0 || note(socket, 0));
    }
    const candidates: Candidate[] = [...found].map(([socket, bytesRead]) => ({ socket, bytesRead }));
    for (const survivor of this.outgoing.atRest()) {
      if (candidates.length >= most) break;
      const { socket } = survivor;
      if (!onWay.has(socket)) candidates.push({ socket, bytesRead: socket.bytesRead, survivor });
    }
    return candidates;
  }

  #giveNext(): void {
    while (this.#onWay.size < WINDOW && this.#burst > 0) {
      const next = this.#queue.pop();
      if (!next) return this.#onWay.size === 0 ? this.pump() : undefined;
      this.#give(next);
    }
    if (this.#burst > 0) return;
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#burst = BURST;
      this.#giveNext();
    }, BURST_MS).unref();
  }

  #give({ socket, bytesRead, survivor }: Candidate): void {
    const handle = survivor ? flushedHandle(socket) : handleAtRest(socket);
    if (!handle) return;
    handle.readStop();
    // An app's `save` should send nothing, and may.
    const rests = survivor
      ? this.outgoing.mayGo(survivor) && flushedHandle(socket) !== undefined
      : socket.bytesRead === bytesRead;
    if (!rests) {
      handle.readStart();
      return;
    }
    this.#burst--;
    if (survivor) hold(socket);
    const id = this.#orders.offer(handle, survivor?.resumer);
    // The keep-alive timeout, say: if the descriptor has been sent before, another worker has it now.
    const onClose = () => {
      this.#onWay.delete(id);
      if (survivor) this.outgoing.lost(id);
      this.#giveNext();
    };
    socket.once('close', onClose);
    this.#onWay.set(id, { socket, handle, survivor, onClose });
  }

  /** Another worker owns it: the descriptor here goes, without a word to the client. */
  handedOver(id: number, until = performance.now() + SETTLE_WITHIN_MS): void {
    // It has begun to send something since, and the rest would never come.
    if (this.#onWay.get(id)?.survivor?.isSending?.() && performance.now() < until) {
      setTimeout(() => this.handedOver(id, until), SETTLE_MS);
      return;
    }
    const given = this.#answered(id);
    if (!given) return this.outgoing.partWithNothing(id);
    this.moved++;
    if (given.survivor) this.outgoing.part(id, given.survivor);
    else given.socket.destroy();
    this.#giveNext();
  }

  /** Nobody can take it, nor any other: from here on the drain closes connections in order. */
  keep(id: number, reason: string): void {
    const given = this.#answered(id);
    if (!given) return this.outgoing.stays(id);
    given.handle.readStart();
    if (given.survivor) {
      unhold(given.socket);
      if (reason === 'no-resumer') {
        this.outgoing.unknown(given.survivor);
        return this.#giveNext();
      }
    } else this.refused[reason] = (this.refused[reason] ?? 0) + 1;
    this.#end();
  }

  #answered(id: number) {
    const given = this.#onWay.get(id);
    if (!given) return undefined;
    this.#onWay.delete(id);
    given.socket.off('close', given.onClose);
    return given;
  }

  /** Nobody will answer any more. Another worker may own what is on its way: it must not be read here. */
  abandon(): void {
    for (const { socket } of this.#onWay.values()) socket.destroy();
    this.#end();
  }

  #end(): void {
    this.#queue = [];
    if (!this.#all || this.#ended) return;
    this.#ended = true;
    this.onRefused();
  }
}
