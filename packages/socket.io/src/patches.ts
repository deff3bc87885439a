/**
 * The methods of socket.io 4 and engine.io 6 that this integration replaces. Methods of a prototype are shared by all
 * servers of the process, so each replacement checks for which server it is called. internals.ts has checked that
 * they exist.
 */
import { counted, watchHandlers } from '@tshorn/worker/survive';
import {
  CONNECT,
  CONNECT_ERROR,
  type Engine,
  type Io,
  type Namespace,
  type NamespaceSocket,
} from './internals.ts';
import type { Upgrader } from './upgrade-proxy.ts';

/**
 * Calls `adopt` for the present WebSocketServer and for each that follows: Engine.IO makes a new one whenever the
 * HTTP server begins to listen.
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

/** Calls `arrive` for each socket of this server, before any middleware of the app runs. */
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
  /** The client has had this packet in the other worker: it is not sent again. */
  readonly swallowsConnect: boolean;
  /** Called when the socket is in the namespace, with the results of the app's handlers of 'connection'. */
  isIn(handlers: readonly unknown[]): void;
  /** Called when the app refuses the socket; the client gets the error. */
  isOut(): void;
}

/** Reports the answer to a socket that is about to be connected. */
export function onceAnswered(socket: NamespaceSocket, { swallowsConnect, isIn, isOut }: Answered): void {
  const { packet: send } = socket;
  socket.packet = (packet, options) => {
    const { type } = packet;
    if (type === CONNECT || type === CONNECT_ERROR) {
      // Uncovers the method of the class again.
      delete (socket as Partial<NamespaceSocket>).packet;
    }
    if (type === CONNECT) handlers.set(socket, { results: [], isIn });
    if (type === CONNECT_ERROR) isOut();
    if (type !== CONNECT || !swallowsConnect) Reflect.apply(send, socket, [packet, options]);
  };
}

/** Sockets for which 'connection' is being emitted. */
const handlers = new WeakMap<object, { readonly results: unknown[]; readonly isIn: Answered['isIn'] }>();

/** Collects what the app's handlers return. The library emits 'connect' (the older name) and then 'connection'. */
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

/** Counts handlers and middlewares of this socket that return a promise until it settles: see `busyWith`. */
export function watch(socket: NamespaceSocket): void {
  watchHandlers(socket, everything);
  const { use } = socket;
  socket.use = (middleware) => Reflect.apply(use, socket, [counted(socket, middleware)]);
}
