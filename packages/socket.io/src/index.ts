/**
 * `import { survive } from 'tshorn/socket.io'`: clients of Socket.IO 4 that have a WebSocket move to another worker,
 * with their id, namespaces, rooms and data. How is in clients.ts.
 */
import { worker } from '../../api.ts';
import { moved as hasMoved } from '../moved.ts';
import { SurvivingClients, webSocketOf } from './clients.ts';
import { type Io, whyUnknown } from './internals.ts';

/** What is used of a `Server` of socket.io. */
export interface SocketIoServerLike {
  readonly engine: object;
  path(): string;
}

export interface SurviveSocketIoOptions {
  /** The most bytes of JSON that go with a client: `data`, rooms and `auth` of all its namespaces. Default: 65,536. */
  readonly maxState?: number;
}

/** Whether the client of this socket, which is disconnected here, goes on in another worker. */
export function moved(socket: { readonly conn: object }): boolean {
  const webSocket = webSocketOf(socket.conn);
  return webSocket !== undefined && hasMoved(webSocket);
}

/**
 * Lets the clients of this server that have a WebSocket move to another worker when this one drains. There
 * 'connection' fires, with `socket.recovered`; here 'disconnect': see `moved`. If this version of socket.io is not
 * known, it says so on standard error, and clients reconnect as they would without. Outside of tshorn this does
 * nothing.
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
  const unknown = whyUnknown(io);
  if (unknown) {
    process.stderr.write(
      `survive(): this version of socket.io is not known here (${unknown}): its clients reconnect at a reload\n`,
    );
    return;
  }
  new SurvivingClients(io).begin(options);
}
