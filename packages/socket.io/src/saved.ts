/** What goes with a client of Socket.IO: JSON, for each of its namespaces. */
import type http from 'node:http';
import { type Conn, flush, type NamespaceSocket } from './internals.ts';

export interface SavedSocket {
  readonly id: string;
  readonly pid?: string;
  readonly data: unknown;
  readonly rooms: readonly string[];
  readonly handshake: NamespaceSocket['handshake'];
  /** The number of the next acknowledgement: a late one must not be taken for one of the new worker's. */
  readonly ids: number;
}

export interface SavedClient {
  readonly sid: string;
  readonly namespaces: Record<string, SavedSocket>;
}

/** `request` is the one that will be read again. */
export function save(
  conn: Conn,
  sockets: readonly NamespaceSocket[],
  request: http.IncomingMessage,
): SavedClient {
  flush(conn);
  const namespaces = sockets.map((socket) => [socket.nsp.name, saveSocket(socket, request.url)]);
  return { sid: conn.id, namespaces: Object.fromEntries(namespaces) };
}

function saveSocket(
  { id, pid, data, rooms, handshake, nsp }: NamespaceSocket,
  url: string | undefined,
): SavedSocket {
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
}

/** Makes this new socket the one that the client has known all along. */
export async function adopt(socket: NamespaceSocket, saved: SavedSocket): Promise<void> {
  const { rooms, handshake, ids, ...rest } = saved;
  Object.assign(socket, rest, { recovered: true });
  Object.assign(socket.handshake, handshake);
  socket.nsp._ids = Math.max(socket.nsp._ids, ids);
  await socket.join(rooms);
}

/** To another worker it is a new session. */
export function withoutSid(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const rest = query.split('&').filter((part) => !part.startsWith('sid='));
  return `${path}?${rest.join('&')}`;
}

/** It has missed nothing: what an earlier stay in this process has kept for it is not sent again. */
export function withoutRecovery({ pid: _pid, offset: _offset, ...auth }: Record<string, unknown>): object {
  return auth;
}
