/** Connections of the app's server that have not reached it: a header or a handshake comes first. */
import type { Socket } from 'node:net';

/** What the listener of a connection speaks. */
export type Kind = 'http' | 'https';

const kinds = new WeakMap<Socket, Kind>();
const lengths = new WeakMap<Socket, number>();

/** From here on a 'readable' listener of the socket is ours, and another worker takes it as one of such a listener. */
export const markBefore = (socket: Socket, kind: Kind): void => void kinds.set(socket, kind);

/** @param length bytes that have come, and were not for the server */
export const unmarkBefore = (socket: Socket, length = 0): void => {
  kinds.delete(socket);
  if (length > 0) lengths.set(socket, length);
};

/** Undefined for a connection that has reached the server. */
export const kindBefore = (socket: Socket): Kind | undefined => kinds.get(socket);

/** Bytes that have come on this connection, and were not for the server. */
export const bytesBefore = (socket: Socket): number => lengths.get(socket) ?? 0;

/** True when nothing has come on this connection that was for the server. */
export const isSilent = (socket: Socket): boolean => socket.bytesRead === bytesBefore(socket);

/** Destroys connections that have not reached the server. @returns how many */
export function destroyAll(sockets: readonly Socket[]): number {
  for (const socket of sockets) socket.destroy();
  return sockets.length;
}
