/**
 * What a worker knows about its connections: which are open, and the newest response on each.
 * One property write per request is all that it costs while nothing drains.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import type { Socket } from 'node:net';
import { connectionEvent } from './app/http-server.ts';

/** The newest response that belongs to this socket, in flight or done. */
const latest = Symbol('tshorn.latestResponse');
type TrackedSocket = Socket & { [latest]?: http.ServerResponse | undefined };

interface RequestStart {
  readonly response: http.ServerResponse;
  readonly socket: TrackedSocket;
  readonly server: http.Server;
}

export class Connections {
  readonly #server: http.Server;
  readonly #open = new Set<TrackedSocket>();
  #closing = false;
  /** Called at each connection's end. */
  onClose: () => void = () => {};
  /** Called when a response ends while connections are being closed. */
  onResponse: () => void = () => {};

  constructor(server: http.Server) {
    this.#server = server;
    const add = (socket: TrackedSocket) => {
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        this.onClose();
      });
    };
    server.on(connectionEvent(server), add);
    // Fires before the app's handler, whatever framework it comes from
    // (https://nodejs.org/api/diagnostics_channel.html#http).
    diagnostics.subscribe('http.server.request.start', (message) => {
      const { response, socket, server } = message as RequestStart;
      if (server !== this.#server) return;
      if (this.#closing) this.#announceClose(socket, response);
      socket[latest] = response;
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** From here on, the last response of every connection says `Connection: close`. */
  beginClosing(): void {
    this.#closing = true;
    for (const socket of this.#open) {
      const response = socket[latest];
      if (response) announce(response, false);
    }
    diagnostics.subscribe('http.server.response.finish', () => this.onResponse());
  }

  /** With pipelining only the newest response may announce the close: those before it would cut it off. */
  #announceClose(socket: TrackedSocket, response: http.ServerResponse): void {
    const previous = socket[latest];
    if (previous && !previous.headersSent) announce(previous, true);
    announce(response, false);
  }

  /** Closes what is idle: between two requests, nothing of the next one read. Returns how many. */
  closeIdle(): number {
    const before = countOpen(this.#open);
    // Node's own notion of idle: the parser has not begun a message (closeIdleConnections documents it).
    this.#server.closeIdleConnections();
    // A connection that never sent a byte is not idle to Node before 26.4; nobody waits on it.
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
    return before - countOpen(this.#open);
  }

  /** Cuts every connection that is left. Returns how many. */
  cut(): number {
    const left = this.#open.size;
    for (const socket of this.#open) socket.destroy();
    return left;
  }
}

const countOpen = (sockets: Iterable<Socket>): number => {
  let count = 0;
  for (const socket of sockets) if (!socket.destroyed) count++;
  return count;
};

function announce(response: http.ServerResponse, keepAlive: boolean): void {
  if (!response.headersSent) response.shouldKeepAlive = keepAlive;
}
