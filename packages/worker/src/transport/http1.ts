/** HTTP/1.1 over plain TCP, and over TLS. */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isTls } from '../app/http-server.ts';
import { isHttps } from '../front/entry.ts';
import { endpointsOf, restoreEndpoints } from '../proxy-protocol/endpoints.ts';
import { type Answer, askInProcess, type Question } from './ask-in-process.ts';
import { bytesBefore, type Kind, kindBefore } from './before.ts';
import { packCarried, unpackCarried } from './carried.ts';
import { Entrance } from './entrance.ts';
import { Http1Drain } from './http1-drain.ts';
import {
  canCountConnections,
  createConnection,
  eventStreams,
  flushedHandle,
  handleAtRest,
  httpSockets,
  idleSockets,
  immovableSocket,
  isEncrypted,
  openResponses,
  silentSockets,
} from './http1-internals.ts';
import { Http1Turn } from './http1-turn.ts';
import { Interceptors } from './interceptors.ts';
import { bytesArrived, layerOf } from './layer.ts';
import { markArrived } from './moves.ts';
import { together } from './together.ts';
import type {
  Beside,
  Detached,
  DrainingConnections,
  Enter,
  Exchange,
  ExchangeSource,
  Immovable,
  InterruptedTurn,
  RawHandle,
  Report,
  Transport,
} from './transport.ts';
import { UpgradedConnections } from './upgraded.ts';

export class Http1 implements Transport {
  readonly server: http.Server;
  readonly #upgraded: UpgradedConnections;
  readonly #movesTls: boolean;
  readonly #asksByTls: boolean;
  readonly #interceptors: Interceptors;
  readonly #entrance: Entrance;
  readonly #beside: Beside[] = [];
  /** Makes a TLS connection of what has come from another worker; present once one has come. */
  #continueTls: ((socket: Socket, carried: object) => Socket) | undefined;
  /** Connections from other workers that have not reached a server there. */
  readonly #entering = new WeakMap<Socket, Kind>();
  #enter: Enter | undefined;
  /** Is being given to the app's listeners. */
  #served: Socket | undefined;

  /**
   * @param movesTls whether the TLS connections of an https.Server can move; those of tshorn's own TLS are told by their sockets
   * @param asksByTls whether the worker's own requests look to the app like those of a TLS connection
   */
  constructor(server: http.Server, movesTls = false, asksByTls = isTls(server)) {
    this.server = server;
    this.#movesTls = movesTls;
    this.#asksByTls = asksByTls;
    this.#upgraded = new UpgradedConnections(server);
    this.#interceptors = new Interceptors(server);
    this.#entrance = new Entrance(server, isTls(server) ? 'secureConnection' : 'connection');
  }

  /** Of an app's own https.Server, the TLS 1.3 connections are followed from the first one, so that they can move. */
  static async open(
    server: http.Server,
    { tlsHandoff }: { readonly tlsHandoff: boolean },
    addresses: readonly string[] = [],
  ): Promise<Http1> {
    // An app that sends plain requests on to https would send the probe on as well.
    const isHttpsOnly = addresses.length > 0 && addresses.every(isHttps);
    const movesTls = tlsHandoff && isTls(server);
    if (movesTls) (await import('../tls-move/tls-move.ts')).followTls(server);
    return new Http1(server, movesTls, isTls(server) || isHttpsOnly);
  }

  /** Whatever framework handles the request (https://nodejs.org/api/diagnostics_channel.html#http). */
  onBegun(begun: Report): () => void {
    return this.#subscribe('http.server.request.start', begun);
  }

  onFinished(finished: Report): () => void {
    return this.#subscribe('http.server.response.finish', finished);
  }

  #subscribe(channel: string, listener: (exchange: Exchange) => void): () => void {
    const onMessage = (message: unknown) => {
      const exchange = message as Exchange & { readonly server: http.Server };
      if (exchange.server === this.server) listener(exchange);
    };
    diagnostics.subscribe(channel, onMessage);
    return () => diagnostics.unsubscribe(channel, onMessage);
  }

  openResponses(): http.ServerResponse[] | undefined {
    const own = openResponses(this.server);
    return this.#beside.length === 0 ? own : own?.concat(...this.#beside.map((one) => one.openResponses()));
  }

  async ask(question: Question): Promise<Answer> {
    const { server } = this;
    if (isTls(server)) {
      return askInProcess((stream) => void server.emit('secureConnection', stream), true, question);
    }
    let entered = false;
    const serve = (stream: Duplex) => {
      entered = this.#entrance.enter(stream);
    };
    try {
      return await askInProcess(serve, this.#asksByTls, question);
    } catch (error) {
      if (entered) throw error;
      return askInProcess(serve, this.#asksByTls, question);
    }
  }

  answersRequests(): boolean {
    return this.server.listenerCount('request') > 0;
  }

  intercept(handler: (request: http.IncomingMessage, response: http.ServerResponse) => boolean): () => void {
    return this.#interceptors.add(handler);
  }

  open(): readonly Socket[] {
    const own = httpSockets(this.server) ?? [];
    return this.#beside.length === 0 ? own : own.concat(...this.#beside.map((one) => one.open()));
  }

  *idle(): Generator<Socket> {
    const idle = idleSockets(this.server) ?? [];
    yield* idle;
    for (const beside of this.#beside) yield* beside.idle();
    const known = new Set(idle);
    for (const socket of silentSockets(this.server)) if (!known.has(socket)) yield socket;
  }

  eventStreams(): Socket[] {
    return eventStreams(this.server);
  }

  webSockets(): Socket[] {
    return this.#upgraded.webSockets();
  }

  upgrades(): boolean {
    return this.server.listenerCount('upgrade') > 0;
  }

  immovable(): Immovable {
    if (isTls(this.server) && !this.#movesTls) return 'tls';
    if (!this.#entrance.isFree) return 'connection-listener';
    return canCountConnections(this.server) ? '' : 'unknown-node';
  }

  whyImmovable(socket: Socket): string | undefined {
    return immovableSocket(socket);
  }

  isAtRest(socket: Socket): boolean {
    return handleAtRest(socket) !== undefined;
  }

  isFlushed(socket: Socket): boolean {
    return flushedHandle(socket) !== undefined;
  }

  interrupted(): InterruptedTurn {
    return new Http1Turn(this.open(), this.#served);
  }

  detach(socket: Socket, bytesRead?: number): Detached | undefined {
    const handle = bytesRead === undefined ? flushedHandle(socket) : handleAtRest(socket);
    if (!handle) return undefined;
    const layer = layerOf(socket);
    const stop = () => void (layer ? layer.stopReading() : handle.readStop());
    const attach = () => void (layer ? layer.readAgain() : handle.readStart());
    stop();
    if (bytesRead === undefined || socket.bytesRead === bytesRead) {
      const client = endpointsOf(socket);
      const enter = kindBefore(socket);
      const tls = layer?.carry();
      const carry = packCarried({ ...(tls && { tls }), ...(client && { client }), ...(enter && { enter }) });
      return { handle, attach, ...(carry !== undefined && { carry }) };
    }
    attach();
    return undefined;
  }

  connectionOf(handle: RawHandle, carry?: string): Socket {
    const accepted = createConnection(this.server, handle);
    const { tls, client, enter } = unpackCarried(carry);
    if (tls && !this.#continueTls)
      throw new Error('handoff: a TLS connection has come before what continues it');
    const socket = (tls && this.#continueTls?.(accepted, tls)) || accepted;
    markArrived(socket);
    if (client) restoreEndpoints(socket, client);
    if (enter) this.#entering.set(socket, enter);
    return socket;
  }

  prepare(carry: string | undefined): Promise<void> | undefined {
    return this.#continueTls || unpackCarried(carry).tls === undefined ? undefined : this.#loadTls();
  }

  async #loadTls(): Promise<void> {
    this.#continueTls = (await import('../tls-move/tls-move.ts')).continueTls;
  }

  serve(socket: Socket): void {
    this.#served = socket;
    // An https.Server of the app shakes hands on 'connection'.
    const isShaken = isTls(this.server) && isEncrypted(socket);
    try {
      this.server.emit(isShaken ? 'secureConnection' : 'connection', socket);
      layerOf(socket)?.served();
    } finally {
      // A listener of the app may throw.
      this.#served = undefined;
    }
  }

  /**
   * The connection closes after the keep-alive timeout, as where it came from; and before the server's headers timeout, which would
   * write a 408 to a client that has asked for nothing. To the server it is a connection whose first header is awaited.
   * (Taking the parser out of the server's list with `parser.remove()` works on Node 20 and 22; on 24 and 26 the
   * connection is never served again.)
   */
  serveIdle(socket: Socket): void {
    const kind = this.#entering.get(socket);
    // Its header or handshake is to come, which has a limit of its own.
    if (kind) return this.#enter?.(socket, kind, endpointsOf(socket) !== undefined);
    const beside = this.#beside.find(({ arrived }) => arrived !== undefined);
    if (beside?.arrived && !isEncrypted(socket)) beside.arrived(socket, () => this.serve(socket));
    else this.serve(socket);
    const { keepAliveTimeout, headersTimeout } = this.server;
    const limits = [keepAliveTimeout, headersTimeout - 500].filter((limit) => limit > 0);
    if (limits.length === 0) return;
    const closeIfSilent = () => {
      // Half of a record may have come, of which the app has heard nothing.
      if (bytesArrived(socket) === bytesBefore(socket)) socket.destroy();
    };
    const timer = setTimeout(closeIfSilent, Math.min(...limits)).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  enterBy(enter: Enter): void {
    this.#enter = enter;
  }

  join(beside: Beside): void {
    this.#beside.push(beside);
  }

  drain(exchanges: ExchangeSource): DrainingConnections {
    const own = new Http1Drain(this.server, exchanges, () => this.#upgraded.open());
    if (this.#beside.length === 0) return own;
    return together([own, ...this.#beside.map((beside) => beside.drain())]);
  }
}
