/**
 * The one place that uses `net._createServerHandle`: it binds an address without listening, so that the
 * master can hold the socket while only workers accept. `node:cluster`'s own handles close the socket
 * when the last worker leaves, and a public way to bind without listening (`net.BoundSocket`) exists
 * only from Node 24.19 and 26.4 and can be handed on only once. The function has had the same signature
 * from Node 20 to 26; `checkBoundHandles` tells at start whether this Node still has it.
 */
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { TshornError } from '@tshorn/core';

/** A raw TCP or Pipe handle of Node's. */
export interface BoundHandle {
  readonly fd: number;
  close(): void;
  getsockname?(out: { address?: string; port?: number; family?: string }): number;
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

/** The handle, or the name of the system's error (`EADDRINUSE`). */
export function bindTcp(host: string, port: number): BoundHandle | string {
  const handle = orErrorName(create?.(host, port, net.isIPv6(host) ? 6 : 4));
  if (typeof handle === 'string') return handle;
  // libuv keeps EADDRINUSE for the listen() that is only a worker's; the name of the socket tells it
  // already here (delayed_error in uv__tcp_bind and uv_tcp_getsockname).
  const error = handle.getsockname?.({}) ?? 0;
  if (error === 0) return handle;
  handle.close();
  return getSystemErrorName(error);
}

export function bindUnix(path: string): BoundHandle | string {
  return orErrorName(create?.(path, -1, -1));
}

/** Wraps a listening descriptor that this process was given. libuv removes no socket file when it closes. */
export function adopt(fd: number): BoundHandle | string {
  return orErrorName(create?.(null, null, null, fd));
}

const orErrorName = (result: BoundHandle | number | undefined): BoundHandle | string =>
  typeof result === 'object' ? result : getSystemErrorName(result ?? -1);
