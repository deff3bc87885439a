/**
 * The HTTP/1.1 connections of a worker that drains: the last response of each says `Connection: close`, and idle ones
 * are closed after a linger. Until a drain nothing is kept for a connection: it costs what it costs under bare Node.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { httpSockets, idleSockets, immovableSocket, newestResponses } from './http1-internals.ts';
import type { DrainingConnections, Exchange, ExchangeSource } from './transport.ts';

export class Http1Drain implements DrainingConnections {
  readonly release: () => void;
  readonly #server: http.Server;
  readonly #upgraded: () => readonly Socket[];
  readonly #start = performance.now();
  readonly #newest = new WeakMap<Socket, http.ServerResponse>();
  /** When a connection's last response ended. */
  readonly #quietSince = new WeakMap<Socket, number>();
  #closing = false;

  /** @param upgraded lists the open connections that have left HTTP */
  constructor(server: http.Server, exchanges: ExchangeSource, upgraded: () => readonly Socket[]) {
    this.#server = server;
    this.#upgraded = upgraded;
    this.release = exchanges.listen({
      begun: ({ socket, response }: Exchange) => {
        if (this.#closes(socket)) this.#announceClose(socket, response);
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
  closeIdle(lingerMs: number): number {
    const idle = idleSockets(this.#server);
    if (!idle) {
      if (this.#closing) this.#server.closeIdleConnections();
      return 0;
    }
    const until = performance.now() - lingerMs;
    const due = idle.filter((socket) => (this.#quietSince.get(socket) ?? this.#start) <= until);
    // To Node before 26.4, a connection that has not sent a byte to this worker is not idle. Nobody waits on it.
    const all = this.#start <= until ? (httpSockets(this.#server) ?? []) : [];
    const silent = all.filter((socket) => socket.bytesRead === 0);
    const closing = new Set([...due, ...silent].filter((socket) => this.#closes(socket)));
    for (const socket of closing) socket.destroy();
    return closing.size;
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
