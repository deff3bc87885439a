/**
 * `import { survive } from 'tshorn/socket.io'`: clients of Socket.IO 4 that have a WebSocket move to another worker,
 * with their id, namespaces, rooms and data. Engine.IO there takes the connection for a new one, under the old id, and
 * is told what the client has said to begin with; what they answer, the client has had, and it is swallowed.
 */
import type http from 'node:http';
import { worker } from '../api.ts';
import { busyWith } from './busy.ts';
import { PendingAcks } from './socket-io-acks.ts';
import type { Conn, Io, NamespaceSocket } from './socket-io-internals.ts';
import * as inside from './socket-io-internals.ts';
import { moved as hasMoved, survive as surviveWebSockets, type WebSocketLike } from './websocket.ts';

/** What is used of a `Server` of socket.io. */
export interface SocketIoServerLike {
  readonly engine: object;
  path(): string;
}

export interface SurviveSocketIoOptions {
  /** The most bytes of JSON that go with a client: `data`, rooms and `auth` of all its namespaces. Default: 65,536. */
  readonly maxState?: number;
}

interface SavedSocket {
  readonly id: string;
  readonly pid?: string;
  readonly data: unknown;
  readonly rooms: readonly string[];
  readonly handshake: NamespaceSocket['handshake'];
  /** The number of the next acknowledgement: a late one must not be taken for one of the new worker's. */
  readonly ids: number;
}

interface SavedClient {
  readonly sid: string;
  readonly namespaces: Record<string, SavedSocket>;
}

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
  /** The client knows whether it is in the namespace. */
  settled: boolean;
}

interface Client extends WebSocketLike {
  send(data: string, ...more: unknown[]): void;
}

const webSockets = new WeakMap<object, object>();

/** Whether the client of this socket, which is disconnected here, goes on in another worker. */
export function moved(socket: { readonly conn: object }): boolean {
  const webSocket = webSockets.get(socket.conn);
  return webSocket !== undefined && hasMoved(webSocket);
}

/**
 * Lets the clients of this server that have a WebSocket move to another worker when this one drains. There
 * 'connection' fires, with `socket.recovered`; here 'disconnect': see `moved`. If this version of socket.io is not
 * known, it says so on standard error, and clients reconnect as they would without. Outside of tshorn this does
 * nothing.
 *
 * @param server a `Server` of socket.io, attached to its HTTP server; before anybody listens to 'connection'
 * @throws TypeError for anything else
 */
export function survive(server: SocketIoServerLike, options: SurviveSocketIoOptions = {}): void {
  const io = server as unknown as Io;
  if (typeof io?.path !== 'function' || typeof io.engine !== 'object') {
    throw new TypeError(
      'survive(): expected a Server of socket.io that is attached to an HTTP server; call it after new Server(httpServer) or io.attach(httpServer)',
    );
  }
  if (!worker.active) return;
  const unknown = inside.whyUnknown(io);
  if (unknown) {
    process.stderr.write(
      `survive(): this version of socket.io is not known here (${unknown}): its clients reconnect at a reload\n`,
    );
    return;
  }
  new SurvivingClients(io).begin(options);
}

class SurvivingClients {
  readonly #io: Io;
  readonly #conns = new WeakMap<object, Conn>();
  readonly #tracked = new WeakMap<Conn, Set<Tracked>>();
  readonly #arrivals = new WeakMap<http.IncomingMessage, Arrival>();

  constructor(io: Io) {
    this.#io = io;
  }

  begin({ maxState }: SurviveSocketIoOptions): void {
    const { engine } = this.#io as Required<Io>;
    const door = new inside.Door();
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
      this.#arrivals.get(request)?.saved.sid ?? Reflect.apply(own, engine, [request]);
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
    inside.onSettled(socket, continues, () => {
      tracked.settled = true;
      if (continues) this.#settle(arrival, nsp.name);
    });
    const saved = continues && arrival.saved.namespaces[nsp.name];
    if (!saved) return;
    const { rooms, handshake, ids, ...rest } = saved;
    Object.assign(socket, rest, { recovered: true });
    Object.assign(socket.handshake, handshake);
    nsp._ids = Math.max(nsp._ids, ids);
    await socket.join(rooms);
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
    return (
      present.length === 0 ||
      !inside.isQuiet(
        conn,
        present.map(({ socket }) => socket),
      ) ||
      present.some(isBusy)
    );
  }

  #save(client: object, { url }: http.IncomingMessage): SavedClient {
    const conn = this.#conns.get(client) as Conn;
    inside.flush(conn);
    const save = ({ id, pid, data, rooms, handshake, nsp }: NamespaceSocket): SavedSocket => {
      const { auth, time, issued, url: first, query, headers } = handshake;
      return {
        id,
        ...(pid !== undefined && { pid }),
        data,
        rooms: [...rooms].filter((room) => room !== id),
        // A client that began with polling had another request than the one that is read again there.
        handshake: { auth, time, issued, ...(first !== url && { url: first, query, headers }) },
        ids: nsp._ids,
      };
    };
    const namespaces = this.#present(conn).map(({ socket }) => [socket.nsp.name, save(socket)]);
    return { sid: conn.id, namespaces: Object.fromEntries(namespaces) };
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
        client.send(inside.PING);
        for (const name of [...arrival.waiting]) this.#connect(conn, name, arrival);
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
      for (const part of this.#io.encoder.encode({ type: inside.CONNECT, nsp: name, data }))
        conn.emit('data', part);
    };
    if (this.#io._nsps.has(name)) return say();
    // This release may not have it any more: then the client is told so, as a new one would be.
    this.#io._checkNamespace(name, data, (found) => {
      if (!found) this.#settle(arrival, name);
      say();
    });
  }
}

/** To another worker it is a new session. */
function withoutSid(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  return `${path}?${query
    .split('&')
    .filter((part) => !part.startsWith('sid='))
    .join('&')}`;
}

/** It has missed nothing: what an earlier stay in this process has kept for it is not sent again. */
function withoutRecovery({ pid: _pid, offset: _offset, ...auth }: Record<string, unknown>): object {
  return auth;
}
