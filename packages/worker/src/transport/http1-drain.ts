/**
 * The HTTP/1.1 connections of a worker that drains: the last response of each says `Connection: close`, and idle ones
 * are closed after a linger. Until a drain nothing is kept for a connection: it costs what it costs under bare Node.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import {
  closeInOrder,
  httpSockets,
  idleSockets,
  immovableSocket,
  newestResponses,
  silentSockets,
} from './http1-internals.ts';
import { layerOf } from './layer.ts';
import type { DrainingConnections, Exchange, ExchangeSource } from './transport.ts';

/**
 * So long, and no shorter than its linger, the rest of a record is waited for. What looks like a part of one may be anything else
 * that cannot be counted, and must not hold up the drain.
 */
const PART_MS = 5_000;

export class Http1Drain implements DrainingConnections {
  readonly release: () => void;
  readonly #server: http.Server;
  readonly #upgraded: () => readonly Socket[];
  readonly #start = performance.now();
  readonly #newest = new WeakMap<Socket, http.ServerResponse>();
  /** When a connection's last response ended. */
  readonly #quietSince = new WeakMap<Socket, number>();
  /** Bytes of TLS connections at the last look; half of a record may be among them, of which the server has heard nothing. */
  readonly #arrived = new WeakMap<Socket, number>();
  /** Closed here, and not gone yet. */
  readonly #ending = new WeakSet<Socket>();
  /** Whose reason not to move has been counted: those that had one from the start are counted elsewhere. */
  readonly #counted: WeakSet<Socket>;
  readonly refused: Record<string, number> = {};
  #closing = false;

  /** @param upgraded lists the open connections that have left HTTP */
  constructor(server: http.Server, exchanges: ExchangeSource, upgraded: () => readonly Socket[]) {
    this.#server = server;
    this.#upgraded = upgraded;
    this.#counted = new WeakSet((httpSockets(server) ?? []).filter((socket) => immovableSocket(socket)));
    this.release = exchanges.listen({
      begun: ({ socket, response }: Exchange) => {
        if (!this.#closes(socket)) return;
        this.#count(socket);
        this.#announceClose(socket, response);
      },
      finished: ({ socket }: Exchange) => void this.#quietSince.set(socket, performance.now()),
    });
    this.#announceToBegun();
  }

  beginClosing(): void {
    this.#closing = true;
    this.#announceToBegun();
  }

  #announceToBegun(): void {
    for (const response of newestResponses(this.#server)) {
      if (response.socket && this.#closes(response.socket)) setKeepAlive(response, false);
    }
  }

  /** Until `beginClosing` only connections that must not move are to close. */
  #closes(socket: Socket): boolean {
    return this.#closing || immovableSocket(socket) !== undefined;
  }

  /** With pipelining only the newest response may announce the close: an earlier one would cut off the later ones. */
  #announceClose(socket: Socket, response: http.ServerResponse): void {
    const previous = this.#newest.get(socket);
    if (previous) setKeepAlive(previous, true);
    setKeepAlive(response, false);
    this.#newest.set(socket, response);
  }

  /**
   * A connection is idle since its last response, or since the drain began. A response that began before the drain has
   * promised keep-alive: its client may be about to use the connection.
   */
  closeIdle(lingerMs: number, now: number): number {
    const idle = idleSockets(this.#server);
    if (!idle) {
      if (this.#closing) this.#server.closeIdleConnections();
      return 0;
    }
    const until = now - lingerMs;
    const due = idle.filter((socket) => (this.#quietSince.get(socket) ?? this.#start) <= until);
    // Nobody waits on these.
    const silent = this.#start <= until ? silentSockets(this.#server) : [];
    const quiet = [...due, ...silent].filter((socket) => !this.#ending.has(socket) && this.#isQuiet(socket));
    const closing = new Set(quiet.filter((socket) => this.#closes(socket) || this.#isStuck(socket, now)));
    for (const socket of closing) {
      this.#count(socket);
      this.#ending.add(socket);
      closeInOrder(socket);
    }
    return closing.size;
  }

  /** False for a TLS connection on which a part of a record has come since the last look: that is a linger of its own. */
  #isQuiet(socket: Socket): boolean {
    const layer = layerOf(socket);
    if (!layer) return true;
    const { bytesRead } = layer;
    const before = this.#arrived.get(socket);
    this.#arrived.set(socket, bytesRead);
    if (before === undefined ? layer.isFlushed() : before === bytesRead) return true;
    this.#quietSince.set(socket, performance.now());
    return false;
  }

  /** True for a TLS connection that cannot be counted, and on which nothing comes any more. */
  #isStuck(socket: Socket, now: number): boolean {
    const layer = layerOf(socket);
    if (!layer || layer.isFlushed()) return false;
    return now - (this.#quietSince.get(socket) ?? this.#start) >= PART_MS;
  }

  /** Only what TLS has shown since the drain began is counted here. */
  #count(socket: Socket): void {
    const layer = layerOf(socket);
    const reason = layer?.whyImmovable() ?? layer?.whyNotNow();
    if (reason === undefined || this.#counted.has(socket)) return;
    this.#counted.add(socket);
    this.refused[reason] = (this.refused[reason] ?? 0) + 1;
  }

  forceClose(): void {
    for (const socket of httpSockets(this.#server) ?? []) socket.destroy();
    // While one is open the server of the app does not close: its clean-up would wait for that.
    for (const socket of this.#upgraded()) socket.destroy();
  }
}

function setKeepAlive(response: http.ServerResponse, keepAlive: boolean): void {
  if (!response.headersSent) response.shouldKeepAlive = keepAlive;
}
