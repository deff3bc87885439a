/**
 * The one place that looks inside Node's TLS sockets and its HTTP parser, for the events that counts.ts counts.
 *
 * `_handle._parent` (the handle of the kernel's connection, below OpenSSL's), `_writeGeneric` (each write of a socket,
 * lib/net.js), `parser[kOnExecute]` (each read of a parser that reads a handle by itself, lib/_http_server.js) and `_handle.onread`
 * (each read of a socket, src/stream_base.cc) are the same in Node 20, 22, 24 and 26, and documented in none. Where one
 * is missing no TLS connection moves.
 */
import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RawHandle } from '../transport/transport.ts';

/** A handle of Node's that reads and writes (src/stream_base.h). */
export interface StreamHandle extends RawHandle {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

type Read = (this: unknown, buffer: ArrayBuffer | undefined) => unknown;
interface TlsHandle extends StreamHandle {
  readonly _parent?: StreamHandle;
  onread: Read;
}
type WriteGeneric = (
  this: Inside,
  writev: boolean,
  data: unknown,
  encoding: unknown,
  callback: unknown,
) => void;
type Execute = (...args: unknown[]) => unknown;
interface Parser {
  [at: number]: unknown;
  readonly constructor: { readonly kOnExecute?: number };
}
interface Inside {
  readonly _handle?: TlsHandle | null;
  _writeGeneric: WriteGeneric;
  readonly parser?: Parser | null;
}

const inside = (socket: TLSSocket): Inside => socket as unknown as Inside;

const { _writeGeneric: writeGeneric } = net.Socket.prototype as unknown as Partial<Inside>;

/** The handle of OpenSSL; its bytes are the app's. */
export const tlsHandle = (socket: TLSSocket): StreamHandle | undefined => inside(socket)._handle ?? undefined;

/** The handle of the kernel's connection, while it is open. */
export const kernelHandle = (socket: TLSSocket): StreamHandle | undefined => {
  const parent = inside(socket)._handle?._parent;
  return typeof parent?.bytesRead === 'number' && typeof parent.bytesWritten === 'number'
    ? parent
    : undefined;
};

/** Receives the events of one socket. */
export interface Watcher {
  read(): void;
  beforeWrite(): void;
  wrote(): void;
}

/**
 * Reports each write from here on, and each read of the HTTP parser.
 * @param watcherOf finds the watcher of a socket: one function serves all
 * @returns false where this Node, or this socket, is not as this file expects
 */
export function watch(socket: TLSSocket, watcher: Watcher, watcherOf: (socket: object) => Watcher): boolean {
  const it = inside(socket);
  if (it._writeGeneric !== writeGeneric || writeGeneric === undefined) return false;
  if (!watchParser(it.parser, watcher)) return false;
  it._writeGeneric = countingWrite(writeGeneric, watcherOf);
  return true;
}

let countingWriteOf: { readonly by: unknown; readonly write: WriteGeneric } | undefined;

function countingWrite(write: WriteGeneric, watcherOf: (socket: object) => Watcher): WriteGeneric {
  if (countingWriteOf?.by === watcherOf) return countingWriteOf.write;
  const counting: WriteGeneric = function (writev, data, encoding, callback) {
    const watcher = watcherOf(this);
    watcher.beforeWrite();
    write.call(this, writev, data, encoding, callback);
    watcher.wrote();
  };
  countingWriteOf = { by: watcherOf, write: counting };
  return counting;
}

function watchParser(parser: Parser | null | undefined, watcher: Watcher): boolean {
  const at = parser?.constructor.kOnExecute;
  if (!parser || typeof at !== 'number') return false;
  const execute = parser[at | 0] as Execute | undefined;
  if (typeof execute !== 'function') return false;
  parser[at | 0] = (returned: unknown) => {
    watcher.read();
    return execute(returned);
  };
  return true;
}

/** Reports each read from here on: the parser has let go of the socket. */
export function watchReads(socket: TLSSocket, watcher: Pick<Watcher, 'read'>): boolean {
  const { _handle: handle } = inside(socket);
  if (typeof handle?.onread !== 'function') return false;
  const { onread } = handle;
  handle.onread = function (buffer) {
    // Without a buffer it is an end or an error.
    if (buffer !== undefined) watcher.read();
    return onread.call(this, buffer);
  };
  return true;
}
