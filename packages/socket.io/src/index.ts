/**
 * `import { survive } from 'tshorn/socket.io'`: clients of Socket.IO 4 that use a WebSocket move to another worker,
 * with their id, namespaces, rooms and data. clients.ts says how.
 */
import { moved as hasMoved, worker } from '@tshorn/worker/survive';
import { SurvivingClients, webSocketOf } from './clients.ts';
import { type Io, missingInServer, warnPolling, warnUnknown } from './internals.ts';

/** The part of a socket.io `Server` that is used here. */
export interface SocketIoServerLike {
  readonly engine: object;
  path(): string;
}

export interface SurviveSocketIoOptions {
  /** The most bytes of JSON that go with a client: `data`, rooms and `auth` of all its namespaces. Default: 65,536. */
  readonly maxState?: number;
}

/** True in 'disconnect' when the client of this socket has moved to another worker and is still connected. */
export function moved(socket: { readonly conn: object }): boolean {
  const webSocket = webSocketOf(socket.conn);
  return webSocket !== undefined && hasMoved(webSocket);
}

/**
 * Lets the clients of this server that use a WebSocket move to another worker when this one drains. In the other
 * worker 'connection' fires, with `socket.recovered`; in this one 'disconnect': see `moved`. If this version of
 * socket.io is unknown, a line on standard error says so, and clients reconnect as they do without this call. Another
 * line warns where there are several workers and the server allows polling. Outside of tshorn this does nothing.
 *
 * @param server a `Server` of socket.io, attached to its HTTP server; before clients come
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
  // There is a worker of slot 1 where there are several: one line for all of them.
  if (worker.slot === 1) warnPolling(io);
  const missing = missingInServer(io);
  if (missing) warnUnknown(missing);
  else new SurvivingClients(io).begin(options);
}
