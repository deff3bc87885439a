/**
 * The one place that looks inside Node's HTTP server: which connections it has, and what is under way on each. A worker
 * could keep such a list itself, but that would cost every connection 8 % and every request 3 %, for something that is
 * needed once, when the worker drains.
 *
 * `server[Symbol(http.server.connections)]` (a ConnectionsList of parsers, each with `socket` and `incoming`) and
 * `socket._httpMessage` are the same in Node 20, 22, 24 and 26 (lib/_http_server.js), and documented in none. Where they
 * are missing, the functions that read them return undefined, no connection moves, and a drain closes idle connections
 * by `closeIdleConnections()` alone.
 */
import fs from 'node:fs';
import type http from 'node:http';
import net, { type Socket } from 'node:net';
import { stays } from '../api.ts';
import { isSilent, kindBefore } from './before.ts';
import { isSealed, layerOf, sealedReason } from './layer.ts';
import { speaksHttp2 } from './moves.ts';
import type { RawHandle } from './transport.ts';

/** Kept from before the app is loaded, which may replace it. */
const { fstatSync } = fs;

interface Parser {
  readonly socket: HttpSocket | null;
  /** The newest request that has been read on the connection, answered or not. */
  readonly incoming: http.IncomingMessage | null;
  /** The bytes that are being parsed now; empty between two turns. */
  getCurrentBuffer?(): Uint8Array;
}

interface ConnectionsList {
  all(): Parser[];
  idle(): Parser[];
}

type HttpSocket = Socket & {
  _httpMessage?: (http.ServerResponse & { readonly _last?: boolean }) | null;
  parser?: Parser | null;
};

function listOf(server: http.Server): ConnectionsList | undefined {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  const list = symbol && (server as unknown as Record<symbol, Partial<ConnectionsList>>)[symbol];
  const known = typeof list?.all === 'function' && typeof list.idle === 'function';
  return known ? (list as ConnectionsList) : undefined;
}

/** Connections that speak HTTP now; upgraded ones have left the list. */
export function httpSockets(server: http.Server): Socket[] | undefined {
  return listOf(server)
    ?.all()
    .flatMap(({ socket }) => socket ?? []);
}

/** Connections between two requests, with nothing of the next one read: those that closeIdleConnections() closes. */
export function idleSockets(server: http.Server): Socket[] | undefined {
  return listOf(server)
    ?.idle()
    .flatMap(({ socket }) => (socket && !isAnswering(socket) ? socket : []));
}

/**
 * Connections that have not sent a byte to this worker: to Node before 26.4 they are not idle. A response that has moved here is none of
 * them: its request came to another worker.
 */
export const silentSockets = (server: http.Server): Socket[] =>
  (httpSockets(server) ?? []).filter((socket: HttpSocket) => socket._httpMessage == null && isSilent(socket));

/** Responses in flight that are the last on their connection so far: nothing is pipelined behind them. */
export function newestResponses(server: http.Server): http.ServerResponse[] {
  const parsers = listOf(server)?.all() ?? [];
  return parsers.flatMap(({ socket, incoming }) => {
    const response = socket?._httpMessage;
    return response && response.req === incoming ? response : [];
  });
}

/** The first unfinished response of each connection: those pipelined behind it have not begun. */
export const openResponses = (server: http.Server): http.ServerResponse[] | undefined =>
  listOf(server)
    ?.all()
    .flatMap(({ socket }) => (socket?._httpMessage && isAnswering(socket) ? socket._httpMessage : []));

/** The head of a response that has been sent, read from its bytes: `writeHead` forgets the headers that it is given. */
export function sentHead(response: http.ServerResponse): { status: number; rawHeaders: string[] } {
  const { _header: text } = response as { _header?: string | null };
  const lines = typeof text === 'string' ? text.split('\r\n').slice(1) : [];
  const rawHeaders = lines.flatMap((line) => {
    const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [name, value];
  });
  return { status: response.statusCode, rawHeaders };
}

/** Connections that answer with an event stream, which seldom ends by itself. */
export const eventStreams = (server: http.Server): Socket[] =>
  (openResponses(server) ?? []).flatMap((response) =>
    response.socket && response.headersSent && isEventStream(sentHead(response).rawHeaders)
      ? response.socket
      : [],
  );

const isEventStream = (rawHeaders: readonly string[]): boolean =>
  rawHeaders.some(
    (name, at) =>
      at % 2 === 0 &&
      name.toLowerCase() === 'content-type' &&
      /^text\/event-stream\b/i.test(rawHeaders[at + 1] ?? ''),
  );

/** True when the request of this response has been read to its end, and nothing of another one. */
export function betweenRequests({ req, socket }: http.ServerResponse): boolean {
  const server = (socket as AcceptedSocket | null)?.server as http.Server | undefined;
  const parser = socket && server && idleParsers(server).get(socket);
  return parser?.incoming === req && req.complete && req.readableLength === 0;
}

interface Scan {
  readonly server: http.Server;
  readonly parsers: Map<Socket, Parser>;
}
/** The app's `import 'tshorn'` is a copy of this module, and the worker has another one. */
const SCAN = Symbol.for('tshorn.idle-scan');
const shared = globalThis as { [SCAN]?: Scan | undefined };

/** For a question in the middle of a turn, whose end forgets the last scan. */
export const forgetIdle = (): void => {
  shared[SCAN] = undefined;
};

/** One scan serves all questions of one turn: each question by itself would scan all connections. */
function idleParsers(server: http.Server): Map<Socket, Parser> {
  const last = shared[SCAN];
  if (last?.server === server) return last.parsers;
  const idle = listOf(server)?.idle() ?? [];
  const parsers = new Map(
    idle.flatMap((parser) => (parser.socket ? [[parser.socket, parser] as const] : [])),
  );
  shared[SCAN] = { server, parsers };
  queueMicrotask(forgetIdle);
  return parsers;
}

const isAnswering = (socket: HttpSocket): boolean =>
  socket._httpMessage != null && !socket._httpMessage.writableFinished;

/**
 * True when bytes of this connection are being parsed by a turn that is not over: the code that was interrupted may be
 * its request's handler, and what follows in these bytes is known to that turn alone.
 */
export function isParsing({ parser }: HttpSocket): boolean {
  return parser != null && parser.getCurrentBuffer?.().length !== 0;
}

/**
 * True when the interrupted turn has still to act on this connection: its last response has ended, and the next one,
 * whose request has been read with it, has not begun; or the connection is about to be closed.
 */
export function isBetweenResponses({ parser, _httpMessage: message }: HttpSocket): boolean {
  return message != null && (message.req !== parser?.incoming || message._last !== false);
}

/**
 * Tells connections apart, in all processes that have a descriptor of them: the number of the kernel's socket, and the
 * client's address where the kernel gives no number.
 */
export function identityOf(socket: Socket): string {
  const { fd = -1 } = kernelHandle(socket) ?? {};
  const { remoteAddress = '', remotePort = '' } = socket;
  return `${fd < 0 ? '' : fstatSync(fd).ino} ${remoteAddress}:${remotePort}`;
}

/**
 * Bytes that this process has written on a connection: migrate/replay.ts adds the answer of another worker to `bytesWritten`. Its
 * getter makes a list of what waits, also where nothing does.
 */
export function bytesWrittenHere(socket: Socket): number {
  const { _bytesDispatched: dispatched, writableLength } = socket as HttpSocket & {
    _bytesDispatched?: number;
  };
  if (writableLength === 0 && dispatched !== undefined) return dispatched;
  return Reflect.get(net.Socket.prototype, 'bytesWritten', socket) as number;
}

/** Grows from one connection of this process to the next. */
export const numberOf = (socket: Socket): number =>
  kernelHandle(socket)?.getAsyncId?.() ?? Number.NEGATIVE_INFINITY;

interface AcceptingServer {
  _connections: number;
}
type KernelHandle = RawHandle & { getAsyncId?(): number; readonly fd?: number };
type AcceptedSocket = HttpSocket & {
  _handle?: KernelHandle | null;
  _server?: unknown;
  server?: unknown;
};

/** The handle of the kernel's connection; below TLS it is not that of the socket. */
const kernelHandle = (socket: Socket): KernelHandle | null | undefined => {
  const layer = layerOf(socket);
  return layer ? layer.handle : (socket as AcceptedSocket)._handle;
};

/** The connection's handle, when nothing is under way in either direction as far as this process knows. */
export const handleAtRest = (socket: Socket): RawHandle | undefined =>
  isAnswering(socket) ? undefined : flushedHandle(socket);

/** The handle of a connection that may be in the middle of a response, when all that was written has left. */
export function flushedHandle(socket: Socket): RawHandle | undefined {
  const { writableLength, readableLength } = socket;
  const handle = kernelHandle(socket);
  const flushed = writableLength === 0 && readableLength === 0 && (handle?.writeQueueSize ?? 0) === 0;
  const movable = !socket.destroyed && immovableSocket(socket) === undefined;
  return handle && movable && flushed && layerOf(socket)?.isFlushed() !== false ? handle : undefined;
}

/** Why this connection can never move. */
export function immovableSocket(socket: Socket): string | undefined {
  if (stays(socket)) return 'stay';
  if (speaksHttp2(socket)) return 'http2';
  if (isSealed(socket)) return sealedReason();
  // Node and every WebSocket library have one 'data' listener. Whoever reads along may keep what it has read.
  const own = kindBefore(socket) === undefined ? 0 : 1;
  if (socket.listenerCount('data') > 1 || socket.listenerCount('readable') > own) return 'data-listener';
  if (socket.readableEnded || socket.writableEnded) return 'half-closed';
  return layerOf(socket)?.whyImmovable();
}

export const isEncrypted = (socket: Socket): boolean =>
  (socket as { encrypted?: boolean }).encrypted === true;

/** True when this Node is as this file expects: the server's connections can be listed, and one can be added. */
export const canCountConnections = (server: http.Server): boolean =>
  listOf(server) !== undefined && typeof (server as unknown as AcceptingServer)._connections === 'number';

/** A client that reads nothing gets no more time for the last bytes. */
const CLOSE_MS = 1_000;

/** Closes an idle connection: over TLS with a close_notify, without which its end looks to the client like an attack (RFC 8446, 6.1). */
export function closeInOrder(socket: Socket): void {
  if (!isEncrypted(socket)) return void socket.destroy();
  // A request that crosses with the close is not answered, so it must not reach the app.
  layerOf(socket)?.stopReading();
  (socket as AcceptedSocket)._handle?.readStop();
  const timer = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.destroySoon();
}

/** A connection of the server, made of a handle as if the server had accepted it (lib/net.js, onconnection). */
export function createConnection(server: http.Server, handle: RawHandle): Socket {
  const socket = new net.Socket({
    handle,
    allowHalfOpen: true,
  } as net.SocketConstructorOpts) as AcceptedSocket;
  (server as unknown as AcceptingServer)._connections++;
  socket.server = server;
  socket._server = server;
  return socket;
}

/** The exchange of a connection of a server: the response that is sent, and the newest request that has been read. */
export function exchangeOn(socket: Socket): {
  readonly response: http.ServerResponse | undefined;
  readonly incoming: http.IncomingMessage | undefined;
} {
  const { _httpMessage: response, parser } = socket as HttpSocket & { readonly parser?: Parser | null };
  return { response: response ?? undefined, incoming: parser?.incoming ?? undefined };
}

/** The connection whose parser has this asynchronous id: its callbacks run under it. */
export function socketOfParser(server: http.Server, asyncId: number): Socket | undefined {
  const isIt = (parser: Parser & { getAsyncId?(): number }) => parser.getAsyncId?.() === asyncId;
  return listOf(server)?.all().find(isIt)?.socket ?? undefined;
}
