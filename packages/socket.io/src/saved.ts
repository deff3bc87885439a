/** The state that moves with a Socket.IO client: JSON, for each of its namespaces. */
import type http from 'node:http';
import { type Conn, flush, type NamespaceSocket } from './internals.ts';

export interface SavedSocket {
  readonly id: string;
  readonly pid?: string;
  readonly data: unknown;
  readonly rooms: readonly string[];
  readonly handshake: NamespaceSocket['handshake'];
  /** Number of the next acknowledgement: a late one must not match a number of the new worker. */
  readonly ids: number;
}

export interface SavedClient {
  readonly sid: string;
  readonly namespaces: Record<string, SavedSocket>;
}

/** `request` is the one that the other worker replays. */
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
    // A client that began with polling had another request than the one that is replayed.
    handshake: { auth, time, issued, ...(first !== url && { url: first, query, headers }) },
    ids: nsp._ids,
  };
}

/** Gives this new socket the identity of the one in the other worker. */
export async function adopt(socket: NamespaceSocket, saved: SavedSocket): Promise<void> {
  const { rooms, handshake, ids, ...rest } = saved;
  Object.assign(socket, rest, { recovered: true });
  Object.assign(socket.handshake, handshake);
  socket.nsp._ids = Math.max(socket.nsp._ids, ids);
  await socket.join(rooms);
}

/** To the other worker the client is a new session. */
export function withoutSid(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const rest = query.split('&').filter((part) => !part.startsWith('sid='));
  return `${path}?${rest.join('&')}`;
}

/** The client has missed nothing, so it must not ask this process for packets of an earlier stay. */
export function withoutRecovery({ pid: _pid, offset: _offset, ...auth }: Record<string, unknown>): object {
  return auth;
}
