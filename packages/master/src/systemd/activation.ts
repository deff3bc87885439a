/**
 * Socket activation: systemd listens, and passes its sockets as descriptors from 3 on
 * (https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html). This file finds the passed sockets;
 * choose.ts chooses those that are served.
 */
import fs from 'node:fs';
import type { BindAddress } from '@tshorn/core';
import { adopt, type BoundHandle } from '../bound-handle.ts';
import { unixSocketOf } from './unix-socket.ts';

export interface ActivatedSocket {
  readonly fd: number;
  /** `FileDescriptorName=`; without one the name of the `.socket` unit. Names may recur. */
  readonly name: string;
  readonly address: BindAddress;
  /** Absent where there is a problem. */
  readonly handle?: BoundHandle;
  /** Why it cannot be served: the kind of thing that it is instead of a listening stream socket. */
  readonly problem?: string;
}

const FIRST_FD = 3;

/**
 * The sockets that were passed to the process `pid`, in order. The three variables are removed from `env` in any case,
 * as `sd_listen_fds(1)` does: a worker must not find them.
 */
export function activatedSockets(env: NodeJS.ProcessEnv, pid: number): ActivatedSocket[] {
  return takeVariables(env, pid).map(({ fd, name }) => ({ fd, name, ...inspect(fd, name) }));
}

/** A wrapper that does not `exec` leaves its own pid in LISTEN_PID: then the sockets are not ours. */
export function takeVariables(env: NodeJS.ProcessEnv, pid: number): { fd: number; name: string }[] {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  if (LISTEN_PID !== String(pid) || !/^\d{1,5}$/.test(LISTEN_FDS)) return [];
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  return Array.from({ length: Number(LISTEN_FDS) }, (_, at) => ({
    fd: FIRST_FD + at,
    name: names[at] || 'unknown',
  }));
}

function inspect(fd: number, name: string): Omit<ActivatedSocket, 'fd' | 'name'> {
  const named = { kind: 'systemd', name } as const;
  // libuv takes a FIFO (ListenFIFO=) for a pipe that it could listen on.
  const handle = isSocket(fd) ? adopt(fd) : undefined;
  if (typeof handle !== 'object') return { address: named, problem: 'no stream socket' };
  const connected = 'a connection, not a listening socket';
  if (!handle.getsockname) {
    const unix = unixSocketOf(fd);
    const address = unix?.path === undefined ? named : ({ kind: 'unix', path: unix.path } as const);
    return unix?.connected ? { address, problem: connected } : { address, handle };
  }
  const at: { address?: string; port?: number } = {};
  handle.getsockname(at);
  const address = { kind: 'tcp', host: at.address ?? '', port: at.port ?? 0 } as const;
  return handle.getpeername?.({}) === 0 ? { address, problem: connected } : { address, handle };
}

function isSocket(fd: number): boolean {
  try {
    return fs.fstatSync(fd).isSocket();
  } catch {
    // LISTEN_FDS counts more than there are.
    return false;
  }
}
