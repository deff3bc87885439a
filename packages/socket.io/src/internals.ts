/**
 * The one place that looks inside socket.io 4 and engine.io 6: what is left unsent, who waits for an acknowledgement,
 * and where a socket's id comes from. What is public of it is used in clients.ts. The fields here are the same from
 * socket.io 4.6 to 4.8 (lib/namespace.ts, lib/socket.ts; engine.io lib/server.ts, lib/socket.ts) and documented in
 * none of them. Where they are not found, `whyUnknown` says so and no client moves.
 */
import type http from 'node:http';
import { counted, watchHandlers } from '../busy.ts';
import type { WebSocketLike } from '../websocket.ts';
import type { Upgrader } from './door.ts';

/** Packets of the Socket.IO protocol, version 5 (https://socket.io/docs/v4/socket-io-protocol/). */
export const CONNECT = 0;
export const CONNECT_ERROR = 4;
/** A ping of the Engine.IO protocol, version 4 (https://socket.io/docs/v4/engine-io-protocol/). */
export const PING = '2';

interface Transport {
  readonly name: string;
  readonly socket?: WebSocketLike;
  writable: boolean;
}

/** An engine.io connection: one client, whatever namespaces it is in. */
export interface Conn {
  readonly id: string;
  readonly protocol: number;
  readonly readyState: string;
  readonly request: http.IncomingMessage;
  readonly transport: Transport;
  readonly upgrading: boolean;
  readonly writeBuffer: readonly unknown[];
  flush(): void;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: 'upgrade', listener: (transport: Transport) => void): unknown;
}

export interface Engine {
  ws?: Upgrader;
  readonly opts: { wsEngine: new (options: object) => Upgrader };
  generateId(request: http.IncomingMessage): unknown;
  on(event: 'connection', listener: (conn: Conn) => void): unknown;
}

interface Packet {
  readonly type: number;
}

type Answer = (...args: unknown[]) => unknown;

/** A client in one namespace. */
export interface NamespaceSocket {
  id: string;
  pid?: string;
  data: unknown;
  recovered: boolean;
  handshake: Record<string, unknown> & { auth: Record<string, unknown> };
  readonly connected: boolean;
  readonly rooms: Set<string>;
  readonly nsp: Namespace;
  readonly conn: Conn;
  readonly client: { readonly decoder?: { readonly reconstructor?: unknown } };
  readonly acks: Map<number, unknown>;
  ack: (id: number) => Answer;
  packet: (packet: Packet, options?: object) => void;
  use: (middleware: Answer) => unknown;
  join(rooms: readonly string[]): Promise<void> | void;
}

interface Namespace {
  readonly name: string;
  readonly server: unknown;
  /** The next acknowledgement's number. */
  _ids: number;
  rawListeners(event: string): ((...args: unknown[]) => unknown)[];
  emitReserved?(event: string, ...args: unknown[]): boolean;
  _createSocket?(client: { readonly conn: Conn }, auth: object): Promise<NamespaceSocket>;
}

export interface Io {
  readonly engine?: Engine;
  readonly opts: { readonly connectionStateRecovery?: unknown };
  readonly encoder: { encode(packet: object): unknown[] };
  readonly _nsps: Map<string, Namespace>;
  path(): string;
  of(name: string): Namespace;
  _checkNamespace(name: string, auth: object, answer: (found: unknown) => void): void;
}

/** What this file does not know of this `io`; empty when it knows all. */
export function whyUnknown(io: Io): string {
  const { engine } = io;
  const root = io.of('/');
  const expected: Record<string, boolean> = {
    'engine.generateId': typeof engine?.generateId === 'function',
    'engine.opts.wsEngine': typeof engine?.opts?.wsEngine === 'function',
    'io.encoder': typeof io.encoder?.encode === 'function',
    'io._nsps': io._nsps instanceof Map,
    'io._checkNamespace': typeof io._checkNamespace === 'function',
    'namespace._createSocket': typeof root._createSocket === 'function',
    'namespace.emitReserved': typeof root.emitReserved === 'function',
    'namespace._ids': typeof root._ids === 'number',
  };
  return Object.keys(expected).find((name) => !expected[name]) ?? '';
}

/** Whether this connection is what this file expects, and can speak of itself. */
export const isKnownConn = ({ protocol, transport, writeBuffer, flush, upgrading }: Conn): boolean =>
  protocol === 4 &&
  transport.name === 'websocket' &&
  typeof transport.writable === 'boolean' &&
  typeof upgrading === 'boolean' &&
  typeof flush === 'function' &&
  Array.isArray(writeBuffer);

/** Everything has been given to the WebSocket, and no attachment is waited for. */
export const isQuiet = (conn: Conn, sockets: readonly NamespaceSocket[]): boolean =>
  conn.readyState === 'open' &&
  conn.transport.writable &&
  !conn.upgrading &&
  conn.writeBuffer.length === 0 &&
  sockets.every(({ client }) => !client.decoder?.reconstructor);

/**
 * Engine.IO waits with the next packets until the socket has written those before. On a socket that is being held
 * it would wait for ever: so they go to the WebSocket at once, in their order.
 */
export function flush(conn: Conn): void {
  if (conn.writeBuffer.length === 0) return;
  conn.transport.writable = true;
  conn.flush();
}

/**
 * Engine.IO makes a new WebSocketServer whenever the HTTP server begins to listen: each of them is to be looked
 * after. Calls `adopt` for the present one and for all that follow.
 */
export function onEachWebSocketServer(engine: Engine, adopt: (server: Upgrader) => void): void {
  const { opts } = engine;
  const { wsEngine: Plain } = opts;
  opts.wsEngine = class extends Plain {
    constructor(options: object) {
      super(options);
      adopt(this);
    }
  };
  if (engine.ws) adopt(engine.ws);
}

/** Calls `arrive` for each socket of this `io`, before any middleware of the app's. */
export function onEachSocket(io: Io, arrive: (socket: NamespaceSocket) => Promise<void> | void): void {
  const prototype = Object.getPrototypeOf(io.of('/')) as Required<Namespace>;
  const create = prototype._createSocket;
  prototype._createSocket = async function (this: Namespace, client, auth) {
    const socket = await Reflect.apply(create, this, [client, auth]);
    if (this.server === io) await arrive(socket);
    return socket;
  };
  watchConnections(prototype, io);
}

interface Answered {
  /** That it is connected, the client knows already. */
  readonly swallowsConnect: boolean;
  /** It is in the namespace, and these are what the app's handlers of 'connection' have returned. */
  isIn(handlers: readonly unknown[]): void;
  /** The app does not want it there, and the client is told so. */
  isOut(): void;
}

/** Called for a socket that is about to be connected. */
export function onceAnswered(socket: NamespaceSocket, { swallowsConnect, isIn, isOut }: Answered): void {
  const { packet: send } = socket;
  socket.packet = (packet, options) => {
    const { type } = packet;
    if (type === CONNECT || type === CONNECT_ERROR) {
      // The method of its class is there again.
      delete (socket as Partial<NamespaceSocket>).packet;
    }
    if (type === CONNECT) handlers.set(socket, { results: [], isIn });
    if (type === CONNECT_ERROR) isOut();
    if (type !== CONNECT || !swallowsConnect) Reflect.apply(send, socket, [packet, options]);
  };
}

/** Sockets whose connection is being told to the app. */
const handlers = new WeakMap<object, { readonly results: unknown[]; readonly isIn: Answered['isIn'] }>();

/** The library tells of a socket by 'connect' and then by 'connection', its older and its newer name. */
function watchConnections(prototype: Required<Namespace>, io: Io): void {
  const { emitReserved } = prototype;
  prototype.emitReserved = function (this: Namespace, event, ...args) {
    const [socket] = args;
    const told = this.server === io && handlers.get(socket as object);
    if (!told || (event !== 'connect' && event !== 'connection')) {
      return Reflect.apply(emitReserved, this, [event, ...args]);
    }
    for (const listener of this.rawListeners(event)) told.results.push(Reflect.apply(listener, this, args));
    if (event === 'connection') {
      handlers.delete(socket as object);
      told.isIn(told.results);
    }
    return true;
  };
}

const everything = () => true;

/** Handlers and middlewares of this socket that return a promise are counted until it settles: see `busyWith`. */
export function watch(socket: NamespaceSocket): void {
  watchHandlers(socket, everything);
  const { use } = socket;
  socket.use = (middleware) => Reflect.apply(use, socket, [counted(socket, middleware)]);
}
