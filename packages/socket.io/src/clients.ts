/**
 * The clients of one Socket.IO server that come and go. Engine.IO takes a connection that has moved here for a new one,
 * under its old id, and is told what the client has said to begin with. What they answer, the client has had: it is
 * swallowed.
 */
import type http from 'node:http';
import { busyWith } from '../busy.ts';
import { survive as surviveWebSockets, type WebSocketLike } from '../websocket.ts';
import { PendingAcks } from './acks.ts';
import { Door } from './door.ts';
import * as inside from './internals.ts';
import { CONNECT, type Conn, type Io, type NamespaceSocket, PING } from './internals.ts';
import { adopt, type SavedClient, type SavedSocket, save, withoutRecovery, withoutSid } from './saved.ts';

/** A client that comes from another worker, until it is in all of its namespaces again. */
interface Arrival {
  readonly saved: SavedClient;
  readonly waiting: Set<string>;
  begin(conn: Conn): void;
  settle(): void;
}

interface Tracked {
  readonly socket: NamespaceSocket;
  readonly acks: PendingAcks;
  /** The client knows whether it is in the namespace, and the app has done what it does for a new client. */
  settled: boolean;
}

interface Client extends WebSocketLike {
  send(data: string, ...more: unknown[]): void;
}

/** How long handlers of 'connection' are waited for: one may go on for as long as its client. */
const HANDLERS_WITHIN_MS = 10_000;

const webSockets = new WeakMap<object, object>();
export const webSocketOf = (conn: object): object | undefined => webSockets.get(conn);

export class SurvivingClients {
  readonly #io: Io;
  readonly #conns = new WeakMap<object, Conn>();
  readonly #tracked = new WeakMap<Conn, Set<Tracked>>();
  readonly #arrivals = new WeakMap<http.IncomingMessage, Arrival>();

  constructor(io: Io) {
    this.#io = io;
  }

  begin({ maxState }: { readonly maxState?: number }): void {
    const { engine } = this.#io as Required<Io>;
    const door = new Door();
    surviveWebSockets<WebSocketLike, SavedClient>(door, {
      name: `socket.io:${this.#io.path()}`,
      ...(maxState !== undefined && { maxState }),
      url: withoutSid,
      busy: (client) => this.#isBusy(client),
      save: (client, request) => this.#save(client, request),
      restore: (client, saved, request) => this.#restore(client as Client, saved, request),
    });
    inside.onEachWebSocketServer(engine, (server) => door.lead(server));
    this.#keepIds(engine);
    engine.on('connection', (conn) => this.#meet(conn));
    inside.onEachSocket(this.#io, (socket) => this.#arrive(socket));
  }

  /** The app may set its own `generateId`, before or after: it is asked for new clients. */
  #keepIds(engine: inside.Engine): void {
    let own = engine.generateId;
    const generateId: typeof own = (request) =>
      (request.handoff?.state as SavedClient | undefined)?.sid ?? Reflect.apply(own, engine, [request]);
    Object.defineProperty(engine, 'generateId', {
      configurable: true,
      get: () => generateId,
      set: (given: typeof own) => {
        own = given;
      },
    });
  }

  #meet(conn: Conn): void {
    const note = ({ socket }: Conn['transport']) => {
      if (!socket) return;
      this.#conns.set(socket, conn);
      webSockets.set(conn, socket);
    };
    note(conn.transport);
    conn.on('upgrade', note);
    this.#arrivals.get(conn.request)?.begin(conn);
  }

  /** Before any middleware of the app's. */
  async #arrive(socket: NamespaceSocket): Promise<void> {
    const { conn, nsp } = socket;
    const all = this.#tracked.get(conn) ?? new Set();
    this.#tracked.set(conn, all);
    const tracked: Tracked = { socket, acks: new PendingAcks(socket), settled: false };
    all.add(tracked);
    inside.watch(socket);
    const arrival = this.#arrivals.get(conn.request);
    const continues = arrival?.waiting.has(nsp.name) === true;
    const settle = () => {
      tracked.settled = true;
      if (continues) this.#settle(arrival, nsp.name);
    };
    inside.onceAnswered(socket, {
      swallowsConnect: continues,
      isIn: (handlers) => void within(handlers).then(settle),
      isOut: settle,
    });
    const saved = continues && arrival.saved.namespaces[nsp.name];
    if (saved) await adopt(socket, saved);
  }

  #settle(arrival: Arrival, name: string): void {
    arrival.waiting.delete(name);
    if (arrival.waiting.size === 0) arrival.settle();
  }

  #present(conn: Conn): Tracked[] {
    const all = this.#tracked.get(conn) ?? new Set();
    for (const each of all) if (each.settled && !each.socket.connected) all.delete(each);
    return [...all];
  }

  /** A client that is not in any namespace yet, or whose upgrade is under way, is busy as well. */
  #isBusy(client: object): boolean {
    const conn = this.#conns.get(client);
    if (!conn || !inside.isKnownConn(conn)) return true;
    const present = this.#present(conn);
    const isBusy = ({ socket, acks, settled }: Tracked) =>
      !settled || busyWith(socket) > 0 || acks.isWaiting();
    const sockets = present.map(({ socket }) => socket);
    return sockets.length === 0 || !inside.isQuiet(conn, sockets) || present.some(isBusy);
  }

  #save(client: object, request: http.IncomingMessage): SavedClient {
    const conn = this.#conns.get(client) as Conn;
    const sockets = this.#present(conn).map(({ socket }) => socket);
    return save(conn, sockets, request);
  }

  /** Settles when the client is in all of its namespaces again; until then nothing is read from it. */
  #restore(client: Client, saved: SavedClient, request: http.IncomingMessage): Promise<void> {
    // Engine.IO says hello to a new client.
    client.send = (_data, ...more) => {
      const sent = more.at(-1);
      if (typeof sent === 'function') sent();
    };
    return new Promise((resolve) => {
      const begin = (conn: Conn) => {
        delete (client as Partial<Client>).send;
        // A client that hears no ping for long gives up, and when its last one was is known to nobody here.
        client.send(PING);
        for (const name of [...waiting]) this.#connect(conn, name, arrival);
        // The app may have turned it out of its last namespace when it was about to move.
        if (waiting.size === 0) resolve();
      };
      const waiting = new Set(Object.keys(saved.namespaces));
      const arrival: Arrival = { saved, waiting, begin, settle: resolve };
      this.#arrivals.set(request, arrival);
      client.on('close', () => resolve());
    });
  }

  /** The client's own words when it entered the namespace. */
  #connect(conn: Conn, name: string, arrival: Arrival): void {
    const { auth } = (arrival.saved.namespaces[name] as SavedSocket).handshake;
    const data = this.#io.opts.connectionStateRecovery ? withoutRecovery(auth) : auth;
    const say = () => {
      for (const part of this.#io.encoder.encode({ type: CONNECT, nsp: name, data })) conn.emit('data', part);
    };
    if (this.#io._nsps.has(name)) return say();
    // This release may not have it any more: then the client is told so, as a new one would be.
    this.#io._checkNamespace(name, data, (found) => {
      if (!found) this.#settle(arrival, name);
      say();
    });
  }
}

/** What handlers have returned; none of them is our matter, but when they are through is. */
function within(handlers: readonly unknown[]): Promise<unknown> {
  if (!handlers.some((result) => typeof (result as PromiseLike<unknown> | undefined)?.then === 'function')) {
    return Promise.resolve();
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, HANDLERS_WITHIN_MS).unref();
  });
  return Promise.race([Promise.allSettled(handlers), late]).finally(() => clearTimeout(timer));
}
