/**
 * Before a server closes for good, accepts the connections in the kernel's queue. Those clients are connected, and the
 * kernel resets them when the last process closes the socket.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { fillQueues } from './fill-queue.ts';
import type { RawListener } from './stand-in.ts';

/**
 * The loop polls once a round, and accepts at least one waiting connection (uv__server_io). The queue is empty after this
 * many rounds without one; more than one round, since other workers wake for the same connection.
 */
const QUIET_ROUNDS = 3;
/** A machine whose firewall drops connects to itself can never fill a queue. */
const MOST_FILLS = 100;

export interface Emptying {
  /** Nobody will accept from these sockets after the workers that empty their queue now. */
  readonly isEnd: boolean;
  /** Present for the last of them: settles when the others have closed theirs. */
  readonly othersGone?: Promise<unknown> | undefined;
  /** False ends it early: under a flood the queue is never empty. */
  mayContinue(): boolean;
  /** Has its argument called for each connection, until what it returns is called. */
  watch(accepted: () => void): () => void;
}

/**
 * Settles in the very round in which the queue was found empty: close the listeners before anything is awaited.
 * @param handles those on which the server accepts
 */
export async function emptyQueue(
  handles: readonly RawListener[],
  { isEnd, othersGone, mayContinue, watch }: Emptying,
): Promise<void> {
  let quiet = 0;
  const unwatch = watch(() => {
    quiet = 0;
  });
  // `listen` again on a handle that listens sets the backlog of the socket anew, for every process. With a full queue the
  // kernel drops new clients, which try again (tcp_conn_request in net/ipv4/tcp_input.c). Otherwise a busy worker would
  // never come to an end.
  if (isEnd) for (const handle of handles) handle.listen(0);
  while (quiet < QUIET_ROUNDS && mayContinue()) {
    quiet++;
    await nextRound();
  }
  unwatch();
  if (!othersGone) return;
  await othersGone;
  for (let fills = 0; fills < MOST_FILLS && mayContinue(); fills++) {
    if (await fillQueues(handles)) return;
    await nextRound();
  }
}
