/**
 * Moves the clients of one Socket.IO server. In the receiving worker Engine.IO sees a new connection, under its old id,
 * and gets the packets with which the client began. The client had the answers in the other worker, so they are
 * swallowed.
 */
import type http from 'node:http';
import { busyWith, survive as surviveWebSockets, type WebSocketLike } from '@tshorn/worker/survive';
import { PendingAcks } from './acks.ts';
import {
  CONNECT,
  type Conn,
  type Engine,
  type Io,
  isKnownConn,
  isQuiet,
  missingInSocket,
  type NamespaceSocket,
  PING,
  warnUnknown,
} from './internals.ts';
import { onceAnswered, onEachSocket, onEachWebSocketServer, watch } from './patches.ts';
import { adopt, type SavedClient, type SavedSocket, save, withoutRecovery, withoutSid } from './saved.ts';
import { UpgradeProxy } from './upgrade-proxy.ts';

/** A client that has come from another worker and is not in all of its namespaces yet. */
interface Incoming {
  readonly saved: SavedClient;
  readonly waiting: Set<string>;
  begin(conn: Conn): void;
  settle(): void;
}

interface Tracked {
  readonly socket: NamespaceSocket;
  readonly acks: PendingAcks;
  /** True when the client has its answer and the app's handlers of 'connection' are done. */
  settled: boolean;
}

interface Client extends WebSocketLike {
  send(data: string, ...more: unknown[]): void;
}

/** A handler of 'connection' may run for as long as its client is there: do not wait longer. */
const HANDLERS_WITHIN_MS = 10_000;

const webSockets = new WeakMap<object, object>();
export const webSocketOf = (conn: object): object | undefined => webSockets.get(conn);

export class SurvivingClients {
  readonly #io: Io;
  readonly #conns = new WeakMap<object, Conn>();
  readonly #tracked = new WeakMap<Conn, Set<Tracked>>();
  readonly #incoming = new WeakMap<http.IncomingMessage, Incoming>();

  #hasWarned = false;

  constructor(io: Io) {
    this.#io = io;
  }

  begin({ maxState }: { readonly maxState?: number }): void {
    const { engine } = this.#io as Required<Io>;
    const proxy = new UpgradeProxy();
    surviveWebSockets<WebSocketLike, SavedClient>(proxy, {
      name: `socket.io:${this.#io.path()}`,
      ...(maxState !== undefined && { maxState }),
      url: withoutSid,
      busy: (client) => this.#isBusy(client),
      save: (client, request) => this.#save(client, request),
      restore: (client, saved, request) => this.#restore(client as Client, saved, request),
    });
    onEachWebSocketServer(engine, (server) => proxy.attach(server));
    this.#keepIds(engine);
    engine.on('connection', (conn) => this.#meet(conn));
    onEachSocket(this.#io, (socket) => this.#arrive(socket));
  }

  /** Keeps the id of a client that has moved. New clients get theirs from the app's own `generateId`, if it sets one. */
  #keepIds(engine: Engine): void {
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
    this.#incoming.get(conn.request)?.begin(conn);
  }

  /** Runs before any middleware of the app. */
  async #arrive(socket: NamespaceSocket): Promise<void> {
    const missing = missingInSocket(socket);
    // A client without a tracked socket counts as busy, so it does not move.
    if (missing) return this.#warn(missing);
    const { conn, nsp } = socket;
    const all = this.#tracked.get(conn) ?? new Set();
    this.#tracked.set(conn, all);
    const tracked: Tracked = { socket, acks: new PendingAcks(socket), settled: false };
    all.add(tracked);
    watch(socket);
    const incoming = this.#incoming.get(conn.request);
    const continues = incoming?.waiting.has(nsp.name) === true;
    const settle = () => {
      tracked.settled = true;
      if (continues) this.#settle(incoming, nsp.name);
    };
    onceAnswered(socket, {
      swallowsConnect: continues,
      isIn: (handlers) => void within(handlers).then(settle),
      isOut: settle,
    });
    const saved = continues && incoming.saved.namespaces[nsp.name];
    if (saved) await adopt(socket, saved);
  }

  #warn(missing: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warnUnknown(missing);
  }

  #settle(incoming: Incoming, name: string): void {
    incoming.waiting.delete(name);
    if (incoming.waiting.size === 0) incoming.settle();
  }

  #present(conn: Conn): Tracked[] {
    const all = this.#tracked.get(conn) ?? new Set();
    for (const each of all) if (each.settled && !each.socket.connected) all.delete(each);
    return [...all];
  }

  /** A client that is in no namespace yet, or whose upgrade is under way, is busy too. */
  #isBusy(client: object): boolean {
    const conn = this.#conns.get(client);
    if (!conn || !isKnownConn(conn)) return true;
    const present = this.#present(conn);
    const isBusy = ({ socket, acks, settled }: Tracked) =>
      !settled || busyWith(socket) > 0 || acks.isWaiting();
    const sockets = present.map(({ socket }) => socket);
    return sockets.length === 0 || !isQuiet(conn, sockets) || present.some(isBusy);
  }

  #save(client: object, request: http.IncomingMessage): SavedClient {
    const conn = this.#conns.get(client) as Conn;
    const sockets = this.#present(conn).map(({ socket }) => socket);
    return save(conn, sockets, request);
  }

  /** Settles when the client is in all of its namespaces again; until then nothing is read from the connection. */
  #restore(client: Client, saved: SavedClient, request: http.IncomingMessage): Promise<void> {
    // Swallows the handshake that Engine.IO sends to a new client.
    client.send = (_data, ...more) => {
      const sent = more.at(-1);
      if (typeof sent === 'function') sent();
    };
    return new Promise((resolve) => {
      const begin = (conn: Conn) => {
        delete (client as Partial<Client>).send;
        // A client closes when pings stay away, and this worker does not know when it had the last one.
        client.send(PING);
        for (const name of [...waiting]) this.#connect(conn, name, incoming);
        // The app may have removed it from its last namespace just before the move.
        if (waiting.size === 0) resolve();
      };
      const waiting = new Set(Object.keys(saved.namespaces));
      const incoming: Incoming = { saved, waiting, begin, settle: resolve };
      this.#incoming.set(request, incoming);
      client.on('close', () => resolve());
    });
  }

  /** Repeats the packet with which the client entered the namespace. */
  #connect(conn: Conn, name: string, incoming: Incoming): void {
    const { auth } = (incoming.saved.namespaces[name] as SavedSocket).handshake;
    const data = this.#io.opts.connectionStateRecovery ? withoutRecovery(auth) : auth;
    const say = () => {
      for (const part of this.#io.encoder.encode({ type: CONNECT, nsp: name, data })) conn.emit('data', part);
    };
    if (this.#io._nsps.has(name)) return say();
    // If this release has no such namespace, the client gets the error that a new client gets.
    this.#io._checkNamespace(name, data, (found) => {
      if (!found) this.#settle(incoming, name);
      say();
    });
  }
}

/** Waits until the handlers are done, however they end, but not for ever. */
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
