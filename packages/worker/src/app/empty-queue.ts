/**
 * Before a server closes for good, accepts the connections in the kernel's queue. Those clients are connected, and the
 * kernel resets them when the last process closes the socket.
 */
import type net from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';

/** A raw TCP or Pipe handle; `listen` again on one that listens sets the backlog of the socket anew. */
interface Listening {
  readonly _handle?: { listen?(backlog: number): number } | null;
}

/**
 * The loop polls once a round, and accepts at least one waiting connection (uv__server_io). The queue is empty after this
 * many rounds without one; more than one round, since other workers wake for the same connection.
 */
const QUIET_ROUNDS = 3;

/**
 * Settles in the very round in which the queue was found empty: close the listeners before anything is awaited.
 * @param mayContinue false ends it early: under a flood the queue is never empty
 */
export async function emptyQueue(
  listeners: readonly net.Server[],
  mayContinue: () => boolean,
): Promise<void> {
  let quiet = 0;
  const accepted = () => {
    quiet = 0;
  };
  for (const listener of listeners) {
    listener.prependListener('connection', accepted);
    // The backlog belongs to the socket, whichever process sets it. With a full queue the kernel drops new clients, which
    // try again (tcp_conn_request in net/ipv4/tcp_input.c). Otherwise a busy worker would never come to an end.
    (listener as Listening)._handle?.listen?.(0);
  }
  while (quiet < QUIET_ROUNDS && mayContinue()) {
    quiet++;
    await nextRound();
  }
  for (const listener of listeners) listener.off('connection', accepted);
}
