/**
 * Which connections of the app's server have become WebSockets, whatever library upgraded them. Node takes them off
 * its list of HTTP connections, and tells it to 'upgrade' listeners alone.
 *
 * To Node an 'upgrade' listener says that the app upgrades: without one such a request is answered like any other
 * (https://nodejs.org/api/http.html#event-upgrade_1). So there is one of ours only while there is one of the app's, and
 * it is the first: apps and routers change `request.url`. It costs an upgrade something, and a request nothing.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHead } from '../survive/heads.ts';

interface Upgrade {
  readonly head: RequestHead;
  /** What had been written on the connection before: answers to requests that came first. */
  readonly bytesBefore: number;
}

/** `tshorn/ws` is a bundle of its own, so what it asks for stands on the global object. */
const KEY = Symbol.for('tshorn.upgrades');
const shared = globalThis as { [KEY]?: WeakMap<Socket, Upgrade> };
shared[KEY] ??= new WeakMap();
const upgrades = shared[KEY];

/** What this connection was upgraded by; undefined for all but WebSockets. */
export const upgradeOf = (socket: Socket): RequestHead | undefined => upgrades.get(socket)?.head;

/** As it came: an app may change `url`, as Express and its routers do, and keeps it as `originalUrl`. */
export function headOf(request: http.IncomingMessage): RequestHead {
  const seen = upgradeOf(request.socket);
  if (seen) return seen;
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
  const { originalUrl = url } = request as { originalUrl?: string };
  return { method, url: originalUrl, httpVersion, rawHeaders: [...rawHeaders] };
}

type BeforeUpgrade = (request: http.IncomingMessage, socket: Socket) => void;

/** Called at each upgrade before the app, of whatever protocol. */
export const beforeUpgrade = new Set<BeforeUpgrade>();

/** Fewer are not worth a look at which of them have gone. */
const LEAST_LOOK = 64;

export class UpgradedConnections {
  readonly #server: http.Server;
  /**
   * The oldest first. Nothing is hung on the socket, as an app may take all listeners off it; and one that has gone
   * is not kept from the garbage collector.
   */
  #webSockets: WeakRef<Socket>[] = [];
  #lookAt = LEAST_LOOK;

  constructor(server: http.Server) {
    this.#server = server;
    for (const change of ['newListener', 'removeListener'] as const) {
      server.on(change, (event: string, listener: unknown) => {
        // It is told before a listener is there; nothing is upgraded before the microtask has run.
        if (event === 'upgrade' && listener !== this.#onUpgrade) queueMicrotask(() => this.#arrange());
      });
    }
    this.#arrange();
  }

  #arrange(): void {
    const all = this.#server.listeners('upgrade');
    const alone = all.every((listener) => listener === this.#onUpgrade);
    if (!alone && all[0] === this.#onUpgrade) return;
    this.#server.off('upgrade', this.#onUpgrade);
    if (!alone) this.#server.prependListener('upgrade', this.#onUpgrade);
  }

  readonly #onUpgrade = (request: http.IncomingMessage, duplex: unknown): void => {
    const socket = duplex as Socket;
    for (const act of beforeUpgrade) act(request, socket);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || upgrades.has(socket)) return;
    const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
    const head = { method, url, httpVersion, rawHeaders: [...rawHeaders] };
    upgrades.set(socket, { head, bytesBefore: socket.bytesWritten });
    this.#webSockets.push(new WeakRef(socket));
    if (this.#webSockets.length < this.#lookAt) return;
    this.#webSockets = this.#webSockets.filter((reference) => isOpen(reference.deref()));
    this.#lookAt = Math.max(LEAST_LOOK, 2 * this.#webSockets.length);
  };

  /** Those that are open and whose upgrade the app has answered, the oldest first. */
  webSockets(): Socket[] {
    return this.#webSockets.flatMap((reference) => {
      const socket = reference.deref();
      return isOpen(socket) && isAnswered(socket) ? socket : [];
    });
  }
}

const isOpen = (socket: Socket | undefined): socket is Socket => socket !== undefined && !socket.destroyed;

const isAnswered = (socket: Socket): boolean =>
  socket.bytesWritten > (upgrades.get(socket)?.bytesBefore ?? Number.POSITIVE_INFINITY);
