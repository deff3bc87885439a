/**
 * The handle that the app's server has in place of a bound one, from its listen() to its close(). So the app is told that
 * it listens before the worker may accept, it may close its server and listen again, and its clean-up finds a server that
 * it can close. The handles of the master accept beside it, for the same server.
 *
 * Looks inside Node: `_handle`, and `_listen2`, which sets a server up on the handle that it finds there: it marks the
 * handle as the server's, and gives it the function that takes connections (setupListenHandle and onconnection in
 * lib/net.js; the same in Node 20, 22, 24 and 26). Both are copied to the handles of the master. Where they are missing,
 * a helper server accepts, and hands its connections on by `emit('connection')`, which Node documents for that purpose.
 */
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { Address } from '@tshorn/core';
import type { Way } from '../front/entry.ts';
import { gateOf } from './gate.ts';

/** A raw TCP or Pipe handle, as far as it is used. */
export interface RawListener {
  listen(backlog: number): number;
  close(): void;
  onconnection?: unknown;
  /** Absent from a Pipe. */
  getsockname?(out: object): number;
}

interface Handle extends RawListener {
  ref(): void;
  unref(): void;
}

interface ServerInternals {
  _handle: unknown;
  _pipeName?: string;
  _listen2?(address: string | null, port: number, family: 4 | 6 | -1, backlog: number): void;
}

const standIns = new WeakMap<net.Server, StandIn>();

export const standInOf = (server: net.Server): StandIn | undefined => standIns.get(server);

/** Node's own `listen`, whatever captures it later. */
const nodesListen = net.Server.prototype.listen;

export class StandIn {
  readonly #server: net.Server;
  readonly #address: Address;
  #handle: Handle | undefined;
  /** Copied from the first handle: the server may be closed when a handle of the master comes. */
  #onconnection: unknown;
  #owner: symbol | undefined;
  /** The server was closed: by its app, as nobody else closes it. */
  onClosed = (): void => {};
  /** The server listens again. */
  onOpened = (): void => {};

  /** @param address what `server.address()` answers */
  constructor(server: net.Server, address: Address) {
    this.#server = server;
    this.#address = address;
    standIns.set(server, this);
  }

  /** True from the server's listen() to its close(). */
  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** From here on the server listens, as far as its app can see. 'listening' comes in the next turn, as under node. */
  open(): void {
    const server = this.#server as net.Server & ServerInternals;
    const handle = this.#newHandle();
    this.#handle = handle;
    server._handle = handle;
    const address = this.#address;
    if (address.kind === 'unix') server._pipeName = address.path;
    const [host, port, family] =
      address.kind === 'unix'
        ? ([address.path, -1, -1] as const)
        : ([address.host, address.port, isIPv6(address.host) ? 6 : 4] as const);
    if (typeof server._listen2 === 'function') server._listen2(host, port, family, 0);
    else process.nextTick(() => server._handle === handle && server.emit('listening'));
    this.#onconnection ??= handle.onconnection;
    const marked = handle as Handle & Record<symbol, unknown>;
    this.#owner ??= Object.getOwnPropertySymbols(marked).find((symbol) => marked[symbol] === server);
    this.onOpened();
  }

  #newHandle(): Handle {
    const address = this.#address;
    const handle: Handle = {
      listen: () => 0,
      ref() {},
      unref() {},
      close: () => {
        if (this.#handle !== handle) return;
        this.#handle = undefined;
        this.onClosed();
      },
    };
    // A unix socket's path is not asked of its handle.
    if (address.kind === 'unix') return handle;
    const { host, port } = address;
    const family = isIPv6(host) ? 'IPv6' : 'IPv4';
    return Object.assign(handle, {
      getsockname(out: object) {
        Object.assign(out, { address: host, family, port });
        return 0;
      },
    });
  }

  /** Takes the handle from the server again: to its app, it has never listened. */
  withdraw(): void {
    standIns.delete(this.#server);
    this.#handle = undefined;
    (this.#server as net.Server & ServerInternals)._handle = null;
  }

  /**
   * Begins to accept on a handle of the master, for the server.
   * @param way takes the connections, where they are not to go to the server as they come
   * @returns the function that ends it; connections stay
   * @throws the error of the system call, EADDRINUSE above all
   */
  async accept(raw: RawListener, backlog: number, way?: Way): Promise<() => void> {
    if (typeof this.#onconnection !== 'function' || this.#owner === undefined) {
      return acceptByHelper(this.#server, raw, backlog, way);
    }
    raw.onconnection = this.#onconnection;
    const owner = way ? gateOf(this.#server, way) : this.#server;
    (raw as RawListener & Record<symbol, unknown>)[this.#owner] = owner;
    const failure = raw.listen(backlog);
    if (failure !== 0) throw listenError(failure);
    return () => raw.close();
  }
}

/** The address is a bound one, and so a number. The expression of `net.isIPv6` takes every worker 5 ms to compile. */
const isIPv6 = (host: string): boolean => host.includes(':');

/**
 * A bound socket refuses connections until some process has called listen() on it; from then on, the kernel queues them.
 * @returns 0, or the errno of the failure
 */
export function queueOnly(raw: RawListener, backlog: number): number {
  const errno = raw.listen(backlog);
  // Closed within this turn: libuv accepts in a later one.
  raw.close();
  return errno;
}

/** @param errno what the `listen()` of a raw handle has returned */
export function listenError(errno: number): Error {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`listen ${code}`), { code, errno, syscall: 'listen' });
}

/** The options that net.Server keeps for the sockets it accepts; Node documents none of these properties. */
type AcceptOptions = Pick<net.ServerOpts, 'allowHalfOpen' | 'noDelay' | 'keepAlive'>;

/** The connection counts as one of the server, and no more as one of the helper that has accepted it. */
function own(socket: net.Socket, server: net.Server): void {
  const counted = server as net.Server & { _connections?: number };
  const owned = socket as net.Socket & { server?: unknown; _server?: { _connections: number } };
  if (typeof counted._connections !== 'number' || !owned._server) return;
  owned._server._connections--;
  counted._connections++;
  owned.server = server;
  owned._server = server as never;
}

/** @throws for a unix socket: in a cluster worker listen() takes only a TCP handle as it is (lib/net.js) */
async function acceptByHelper(
  server: net.Server,
  raw: RawListener,
  backlog: number,
  way?: Way,
): Promise<() => void> {
  const {
    allowHalfOpen = true,
    noDelay = true,
    keepAlive = false,
  } = { ...(server as AcceptOptions), ...way };
  const helper = net.createServer({ allowHalfOpen, noDelay, keepAlive });
  helper.on('connection', (socket) => {
    own(socket, server);
    if (way) way.entry(socket);
    else server.emit('connection', socket);
  });
  await new Promise<void>((resolve, reject) => {
    helper.once('error', reject).once('listening', resolve);
    Reflect.apply(nodesListen, helper, [raw, backlog]);
  });
  helper.removeAllListeners('error').on('error', (error) => server.emit('error', error));
  return () => void helper.close();
}
