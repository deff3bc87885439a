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

/**
 * Settles in the very round in which the queue was found empty: close the listeners before anything is awaited.
 * @param handles those on which the server accepts
 * @param isLast nobody else accepts from these sockets, or will
 * @param mayContinue false ends it early: under a flood the queue is never empty
 * @param watch has its argument called for each connection, until what it returns is called
 */
export async function emptyQueue(
  handles: readonly RawListener[],
  isLast: boolean,
  mayContinue: () => boolean,
  watch: (accepted: () => void) => () => void,
): Promise<void> {
  let quiet = 0;
  const unwatch = watch(() => {
    quiet = 0;
  });
  // `listen` again on a handle that listens sets the backlog of the socket anew, for every process. With a full queue the
  // kernel drops new clients, which try again (tcp_conn_request in net/ipv4/tcp_input.c). Otherwise a busy worker would
  // never come to an end.
  if (isLast) for (const handle of handles) handle.listen(0);
  while (quiet < QUIET_ROUNDS && mayContinue()) {
    quiet++;
    await nextRound();
  }
  let fills = isLast ? MOST_FILLS : 0;
  while (fills-- > 0 && mayContinue() && !(await fillQueues(handles))) await nextRound();
  unwatch();
}
