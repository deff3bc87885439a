/**
 * Binds an address without listening, so that the master holds the socket while only workers accept. This is the one place
 * that uses `net._createServerHandle`. `node:cluster`'s own handles close the socket
 * when the last worker leaves, and a public way to bind without listening (`net.BoundSocket`) exists
 * only from Node 24.19 and 26.4, and can be passed on only once. The function has had the same signature from Node 20 to 26;
 * `checkBoundHandles` fails the start on a Node that does not have it any more.
 */
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { TshornError } from '@tshorn/core';

/** A raw TCP or Pipe handle of Node. */
export interface BoundHandle {
  readonly fd: number;
  close(): void;
  listen?(backlog: number): number;
  onconnection?: (status: number, client?: AcceptedHandle) => void;
  getsockname?(out: { address?: string; port?: number; family?: string }): number;
  getpeername?(out: object): number;
}

/** The raw handle of a connection that was accepted. */
export interface AcceptedHandle {
  close(): void;
}

type CreateServerHandle = (
  address: string | null,
  port: number | null,
  addressType: number | null,
  fd?: number,
  flags?: number,
) => BoundHandle | number;

const create = (net as unknown as { _createServerHandle?: CreateServerHandle })._createServerHandle;

/** @throws TshornError ERR_PLATFORM when this Node cannot bind without listening */
export function checkBoundHandles(): void {
  if (typeof create === 'function') return;
  throw new TshornError('ERR_PLATFORM', `Node ${process.version} has no net._createServerHandle`, {
    fix: 'run tshorn on a Node from 20.19 to 26',
  });
}

/** Returns the handle, or the name of the system's error (`EADDRINUSE`). */
export function bindTcp(host: string, port: number): BoundHandle | string {
  const handle = orErrorName(create?.(host, port, host.includes(':') ? 6 : 4));
  if (typeof handle === 'string') return handle;
  // libuv keeps EADDRINUSE for listen(), which only a worker calls; getsockname returns it
  // earlier (delayed_error in uv__tcp_bind and uv_tcp_getsockname).
  const error = handle.getsockname?.({}) ?? 0;
  if (error === 0) return handle;
  handle.close();
  return getSystemErrorName(error);
}

/** Returns the handle, or the name of the system's error. */
export function bindUnix(path: string): BoundHandle | string {
  return orErrorName(create?.(path, -1, -1));
}

/**
 * Adopts a socket that this process was started with. Closing the handle does not remove the file of a unix socket:
 * libuv removes only a path that it has bound itself (uv__pipe_close).
 * @returns the handle, or the name of the system's error: `EINVAL` for a descriptor that is no stream socket, or none
 */
export function adopt(fd: number): BoundHandle | string {
  return orErrorName(create?.(null, null, null, fd));
}

const orErrorName = (result: BoundHandle | number | undefined): BoundHandle | string =>
  typeof result === 'object' ? result : getSystemErrorName(result ?? -1);

/**
 * Accepts here, in the master, on a bound handle. `net.Server` would take a TCP handle as it is, but open the descriptor
 * of a unix socket once more, and two handles would close it (listen in lib/net.js).
 * @returns the name of the system's error: `EADDRINUSE` where another process listens; undefined when all is well
 */
export function acceptOn(
  handle: BoundHandle,
  backlog: number,
  onConnection: (client: AcceptedHandle) => void,
): string | undefined {
  handle.onconnection = (status, client) => {
    // Out of descriptors: the connection stays in the kernel's queue, and libuv tries again.
    if (status === 0 && client) onConnection(client);
  };
  const code = handle.listen?.(backlog) ?? 0;
  return code === 0 ? undefined : getSystemErrorName(code);
}

/** A socket of an accepted handle. The option is Node's own, for its servers and cluster workers. */
export const socketOf = (handle: AcceptedHandle): net.Socket =>
  new net.Socket({
    handle,
    allowHalfOpen: true,
    readable: true,
    writable: true,
  } as unknown as net.SocketConstructorOpts);
