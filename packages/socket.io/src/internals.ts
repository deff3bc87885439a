/**
 * The private fields of socket.io 4 and engine.io 6 that this integration reads, and the checks that they exist.
 * patches.ts replaces some of them; every other file uses only public API. The fields are the same from socket.io 4.6
 * to 4.8 (lib/namespace.ts, lib/socket.ts; engine.io lib/server.ts, lib/socket.ts), and no release documents them.
 * test/websocket-libraries/versions.test.ts runs the oldest and the newest version of the peer range. If a check fails,
 * no client moves: clients reconnect, as they do without this integration.
 */
import type http from 'node:http';
import type { WebSocketLike } from '@tshorn/worker/survive';
import type { Upgrader } from './upgrade-proxy.ts';

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
  readonly opts: { wsEngine: new (options: object) => Upgrader; readonly transports?: readonly string[] };
  generateId(request: http.IncomingMessage): unknown;
  on(event: 'connection', listener: (conn: Conn) => void): unknown;
}

export interface Packet {
  readonly type: number;
}

export type Answer = (...args: unknown[]) => unknown;

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

export interface Namespace {
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

/** Names the first private field of this server that is missing; empty when all exist. */
export function missingInServer(io: Io): string {
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
  return firstMissing(expected);
}

const firstMissing = (expected: Record<string, boolean>): string =>
  Object.keys(expected).find((name) => !expected[name]) ?? '';

/** Names the first private field of this socket that is missing; empty when all exist. */
export const missingInSocket = ({ acks, ack, packet, use }: NamespaceSocket): string =>
  firstMissing({
    'socket.acks': acks instanceof Map,
    'socket.ack': typeof ack === 'function',
    'socket.packet': typeof packet === 'function',
    'socket.use': typeof use === 'function',
  });

/** Says on standard error why no client of this server can move. */
export function warnUnknown(missing: string): void {
  process.stderr.write(
    `tshorn/socket.io: this version of socket.io is not supported (no ${missing}); its clients reconnect at a reload\n`,
  );
}

/** Says on standard error what clients meet that begin with polling, where several workers share the port. */
export function warnPolling({ engine }: Io): void {
  if (!engine?.opts?.transports?.includes('polling')) return;
  process.stderr.write(
    "tshorn/socket.io: clients that begin with polling, as they do by default, fail with 400 (Session ID unknown), since several workers share the port; set transports: ['websocket'] in the clients and in the server\n",
  );
}

/** True for an open WebSocket connection whose private fields exist. */
export const isKnownConn = ({ protocol, transport, writeBuffer, flush, upgrading }: Conn): boolean =>
  protocol === 4 &&
  transport.name === 'websocket' &&
  typeof transport.writable === 'boolean' &&
  typeof upgrading === 'boolean' &&
  typeof flush === 'function' &&
  Array.isArray(writeBuffer);

/** True when the WebSocket has taken every packet, and no binary attachment is incomplete. */
export const isQuiet = (conn: Conn, sockets: readonly NamespaceSocket[]): boolean =>
  conn.readyState === 'open' &&
  conn.transport.writable &&
  !conn.upgrading &&
  conn.writeBuffer.length === 0 &&
  sockets.every(({ client }) => !client.decoder?.reconstructor);

/**
 * Gives all packets to the WebSocket at once, in their order. Engine.IO sends the next packets when the socket has
 * written the previous ones; a socket that is held back during a move never does.
 */
export function flush(conn: Conn): void {
  if (conn.writeBuffer.length === 0) return;
  conn.transport.writable = true;
  conn.flush();
}
