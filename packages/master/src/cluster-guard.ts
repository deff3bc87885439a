/**
 * Refuses privileged listeners to workers that run as another user. `node:cluster` opens every further address of a worker
 * in the master, with the rights of root: a port below 1024, a socket file in any directory, a descriptor of
 * the master. Such a request gets the error that the kernel would give to the worker itself.
 *
 * This file looks inside Node: the messages of lib/internal/cluster/child.js (`queryServer`) are the same in Node 20 to 26.
 * A Node with other messages refuses nothing here.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

interface Query {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly port?: unknown;
  /** 4, 6, `udp4`, `udp6`; -1 for a path. */
  readonly addressType?: unknown;
  readonly fd?: unknown;
}

const FIRST_OPEN_PORT = 1024;

/** True for an address that any user may have. The kernel chooses a port for 0. */
const isOpenToAll = ({ port, addressType, fd }: Query): boolean =>
  (fd === undefined || fd === null) &&
  addressType !== -1 &&
  typeof port === 'number' &&
  (port === 0 || port >= FIRST_OPEN_PORT);

export function refusePrivilegedListeners(worker: ChildProcess): void {
  const emit = worker.emit;
  const guarded = (event: string | symbol, ...args: unknown[]): boolean => {
    const query = (event === 'internalMessage' ? args[0] : undefined) as Query | undefined;
    if (query?.cmd === 'NODE_CLUSTER' && query.act === 'queryServer' && !isOpenToAll(query)) {
      worker.send({ cmd: 'NODE_CLUSTER', ack: query.seq, errno: -constants.errno.EACCES } as never, () => {});
      return true;
    }
    return Reflect.apply(emit, worker, [event, ...args]);
  };
  worker.emit = guarded as typeof worker.emit;
}
