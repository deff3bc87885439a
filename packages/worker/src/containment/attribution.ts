/**
 * Finds the request for which code runs, or has thrown: docs/decisions/crash-attribution.md has the figures behind the choice.
 *
 * - Where it costs next to nothing (AsyncContextFrame, Node 24 and later), each connection is an asynchronous context: all
 *   that its requests start is known.
 * - Otherwise that code is known which Node calls for the connection itself (the listener of `request`, the data of a
 *   WebSocket), and what it has asked for directly: `setTimeout`, `setImmediate`, `process.nextTick`. A promise is not.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type http from 'node:http';
import type { Socket } from 'node:net';
import { isTls } from '../app/http-server.ts';
import { begun, type Meter } from '../meter.ts';
import { exchangeOn, socketOfParser } from '../transport/http1-internals.ts';
import { keepScope, takeStreamNow } from '../transport/stream-scope.ts';
import { beforeUpgrade, upgradeOf } from '../transport/upgraded.ts';
import { askedBy, followSocket, hasContextFrames, socketNow } from './async-internals.ts';
import { isFor, runFor } from './stream-resources.ts';

/** A request, or the connection that an upgrade has made of it. */
export type Suspect =
  | { readonly kind: 'request'; readonly response: http.ServerResponse }
  | { readonly kind: 'upgraded'; readonly socket: Socket }
  /** A request that has been answered before. */
  | { readonly kind: 'answered' };

/** The clocks of timers and of performance.now() differ by their rounding. */
const CLOCKS_MS = 1;

export class Attribution {
  #meter: Meter | undefined;
  #server: http.Server | undefined;
  #connections: AsyncLocalStorage<Socket> | undefined;

  /** Called before the first connection comes. */
  begin(server: http.Server, meter: Meter): void {
    this.#server = server;
    this.#meter = meter;
    if (!hasContextFrames()) return keepScope(runFor);
    const connections = new AsyncLocalStorage<Socket>();
    this.#connections = connections;
    keepScope((socket, run) => connections.run(socket, run));
    // Before Node's own listener: the parser's callbacks run in the context in which it is made.
    server.prependListener(isTls(server) ? 'secureConnection' : 'connection', (socket: Socket) =>
      connections.enterWith(socket),
    );
    // Messages do not come through the parser.
    beforeUpgrade.add((_request, socket) => followSocket(socket));
  }

  /** Undefined where nobody can tell: there may be no request at all. */
  suspect(): Suspect | undefined {
    const now = socketNow();
    const asked = askedBy();
    const socket =
      this.#connections?.getStore() ?? takeStreamNow() ?? now ?? this.#connectionOf(asked?.asyncId);
    if (!socket) return undefined;
    if (upgradeOf(socket)) return { kind: 'upgraded', socket };
    const suspect = this.#requestOn(socket, socket === now);
    // The connection may have got another request since.
    const isOlder =
      asked && suspect?.kind === 'request' && begun(suspect.response).begunAt > asked.askedAt + CLOCKS_MS;
    return isOlder ? { kind: 'answered' } : suspect;
  }

  /** The connection whose parser the exception has stopped: it reads no further request. */
  stopped(): Socket | undefined {
    const socket = socketNow();
    return socket && exchangeOn(socket).incoming ? socket : undefined;
  }

  #connectionOf(asyncId: number | undefined): Socket | undefined {
    if (asyncId === undefined || !this.#server) return undefined;
    return socketOfParser(this.#server, asyncId) ?? this.#streamOf(asyncId);
  }

  #streamOf(asyncId: number): Socket | undefined {
    const sockets = this.#meter?.open().map(({ response }) => response.req.socket) ?? [];
    return sockets.find((socket) => isFor(socket, asyncId));
  }

  /** @param isReading the newest request is being read, or has just been */
  #requestOn(socket: Socket, isReading: boolean): Suspect | undefined {
    const { response, incoming } = exchangeOn(socket);
    if (!incoming) return undefined;
    if (!response) return { kind: 'answered' };
    if (response.req === incoming) return { kind: 'request', response };
    // Requests are pipelined: any of them may be it.
    const newest = this.#meter?.newest?.response;
    return isReading && newest?.req === incoming ? { kind: 'request', response: newest } : undefined;
  }
}
