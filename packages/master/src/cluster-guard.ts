/**
 * What a worker listens on besides the master's addresses, `node:cluster` opens for it in the master, with the rights
 * of root where workers have a user of their own: a port below 1024, a socket file in any directory, a descriptor
 * of the master's. Such a request is refused as the kernel would refuse the worker itself.
 *
 * Looks inside Node: the messages of lib/internal/cluster/child.js (`queryServer`), the same in Node 20 to 26. Where
 * they are others, nothing is refused.
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

/** Whether a user without rights may have it. Port 0 is one that the kernel chooses. */
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
