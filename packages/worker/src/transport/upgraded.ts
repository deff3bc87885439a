/**
 * Finds the connections of the app's server that have become WebSockets, whatever library upgraded them. Node takes them
 * off its list of HTTP connections, and reports them to 'upgrade' listeners only.
 *
 * An 'upgrade' listener tells Node that the app upgrades: without one such a request is answered like any other
 * (https://nodejs.org/api/http.html#event-upgrade_1). So ours is there only while the app has one, and it is the first,
 * since apps and routers change `request.url`. It costs requests nothing.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHead } from '../migrate/heads.ts';
import { OpenSockets } from './open-sockets.ts';

interface Upgrade {
  readonly head: RequestHead;
  /** Bytes that had been written on the connection before: answers to earlier requests. */
  readonly bytesBefore: number;
}

/** `tshorn/ws` is a bundle of its own, so the two meet on the global object. */
const KEY = Symbol.for('tshorn.upgrades');
const shared = globalThis as { [KEY]?: WeakMap<Socket, Upgrade> };
shared[KEY] ??= new WeakMap();
const upgrades = shared[KEY];

/** The request that upgraded this connection to a WebSocket; undefined for other connections. */
export const upgradeOf = (socket: Socket): RequestHead | undefined => upgrades.get(socket)?.head;

/** The head as it came. Express and its routers change `url`, and keep the original as `originalUrl`. */
export function headOf(request: http.IncomingMessage): RequestHead {
  const seen = upgradeOf(request.socket);
  if (seen) return seen;
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
  const { originalUrl = url } = request as { originalUrl?: string };
  return { method, url: originalUrl, httpVersion, rawHeaders: [...rawHeaders] };
}

type BeforeUpgrade = (request: http.IncomingMessage, socket: Socket, server: http.Server) => void;

/** Functions that are called at each upgrade before the app, whatever the protocol, and on each of its servers. */
export const beforeUpgrade = new Set<BeforeUpgrade>();

export class UpgradedConnections {
  readonly #server: http.Server;
  readonly #all = new OpenSockets();
  readonly #webSockets = new OpenSockets();

  constructor(server: http.Server) {
    this.#server = server;
    for (const change of ['newListener', 'removeListener'] as const) {
      server.on(change, (event: string, listener: unknown) => {
        // 'newListener' comes before the listener is there; nothing is upgraded before the microtask has run.
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
    for (const act of beforeUpgrade) act(request, socket, this.#server);
    this.#all.add(request.socket);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || upgrades.has(socket)) return;
    const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
    const head = { method, url, httpVersion, rawHeaders: [...rawHeaders] };
    upgrades.set(socket, { head, bytesBefore: socket.bytesWritten });
    this.#webSockets.add(socket);
  };

  /** Open connections that an upgrade has taken out of HTTP, whatever their protocol. */
  open(): Socket[] {
    return this.#all.list();
  }

  /** Open WebSockets whose upgrade the app has answered, the oldest first. */
  webSockets(): Socket[] {
    return this.#webSockets.list().filter(isAnswered);
  }
}

/** True when the app has answered the upgrade. */
export const isAnswered = (socket: Socket): boolean =>
  socket.bytesWritten > (upgrades.get(socket)?.bytesBefore ?? Number.POSITIVE_INFINITY);
