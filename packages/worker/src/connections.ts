/**
 * The connections of a worker that drains. Until then nothing is kept and nothing is subscribed: a
 * connection costs what it costs under bare Node.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import type { Socket } from 'node:net';
import { stays } from './api.ts';
import { httpSockets, idleSockets, newestResponses } from './http-internals.ts';

interface RequestStart {
  readonly response: http.ServerResponse;
  readonly socket: Socket;
  readonly server: http.Server;
}

export class DrainingConnections {
  readonly #server: http.Server;
  readonly #start = performance.now();
  readonly #newest = new WeakMap<Socket, http.ServerResponse>();
  /** When a connection's last response ended. */
  readonly #quietSince = new WeakMap<Socket, number>();

  #closing = false;
  /** Called when a response has ended. */
  onResponse: () => void = () => {};

  constructor(server: http.Server) {
    this.#server = server;
    // These fire before the app's handler and after its response, whatever framework it comes from
    // (https://nodejs.org/api/diagnostics_channel.html#http).
    diagnostics.subscribe('http.server.request.start', this.#onStart);
    diagnostics.subscribe('http.server.response.finish', this.#onFinish);
    this.#announce();
  }

  /** The worker serves again: nothing is announced any more. */
  release(): void {
    diagnostics.unsubscribe('http.server.request.start', this.#onStart);
    diagnostics.unsubscribe('http.server.response.finish', this.#onFinish);
  }

  readonly #onStart = (message: unknown): void => {
    const { response, socket, server } = message as RequestStart;
    if (server === this.#server && this.#closes(socket)) this.#announceClose(socket, response);
  };

  readonly #onFinish = (message: unknown): void => {
    const { socket, server } = message as RequestStart;
    if (server !== this.#server) return;
    this.#quietSince.set(socket, performance.now());
    this.onResponse();
  };

  /** From here on, the last response of every connection says `Connection: close`. */
  beginClosing(): void {
    this.#closing = true;
    this.#announce();
  }

  #announce(): void {
    for (const response of newestResponses(this.#server)) {
      if (response.socket && this.#closes(response.socket)) announce(response, false);
    }
  }

  /** All of them, or only those that must not move. */
  #closes(socket: Socket): boolean {
    return this.#closing || stays(socket);
  }

  /** With pipelining only the newest response may announce the close: those before it would cut it off. */
  #announceClose(socket: Socket, response: http.ServerResponse): void {
    const previous = this.#newest.get(socket);
    if (previous) announce(previous, true);
    announce(response, false);
    this.#newest.set(socket, response);
  }

  /**
   * Closes what has been idle for this long: since its last response, or since the drain began. Returns
   * how many. A response that began before the drain has promised keep-alive: the client may be about to
   * use it.
   */
  closeIdle(lingerMs: number): number {
    const idle = idleSockets(this.#server);
    if (!idle) {
      if (this.#closing) this.#server.closeIdleConnections();
      return 0;
    }
    const until = performance.now() - lingerMs;
    const due = idle.filter((socket) => (this.#quietSince.get(socket) ?? this.#start) <= until);
    // A connection that has not sent a byte, to this worker, is not idle to Node before 26.4; nobody waits
    // on it.
    const all = this.#start <= until ? (httpSockets(this.#server) ?? []) : [];
    const silent = all.filter((socket) => socket.bytesRead === 0);
    const closing = new Set([...due, ...silent].filter((socket) => this.#closes(socket)));
    for (const socket of closing) socket.destroy();
    return closing.size;
  }

  /** Cuts what speaks HTTP; upgraded connections end with the process. */
  forceClose(): void {
    for (const socket of httpSockets(this.#server) ?? []) socket.destroy();
  }
}

function announce(response: http.ServerResponse, keepAlive: boolean): void {
  if (!response.headersSent) response.shouldKeepAlive = keepAlive;
}
