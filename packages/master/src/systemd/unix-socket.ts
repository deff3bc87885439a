/**
 * Looks up a unix socket by its descriptor. Node does not give the path of an adopted pipe, nor tell a connection from a
 * listening socket; /proc/net/unix has both, by inode: proc_pid_net(5).
 */
import fs from 'node:fs';
import { readText } from '@tshorn/core';

export interface UnixSocket {
  readonly connected: boolean;
  /** An abstract address begins with `@`; absent for a socket without a name. */
  readonly path?: string;
}

/** Undefined where the kernel does not tell: another network namespace, `ProcSubset=pid`, not Linux. */
export function unixSocketOf(fd: number): UnixSocket | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    return inode ? findByInode(readText('/proc/self/net/unix') ?? '', inode) : undefined;
  } catch {
    return undefined;
  }
}

/** `SS_CONNECTED` of linux/net.h. A listening socket, or one that is about to listen, is unconnected (1). */
const CONNECTED = '03';

/** Finds a line of the table: Num RefCount Protocol Flags Type St Inode Path. */
export function findByInode(table: string, inode: string): UnixSocket | undefined {
  for (const line of table.split('\n')) {
    const match = /^\S+: \S+ \S+ \S+ \S+ (\S+) +(\d+)(?: (.+))?$/.exec(line);
    if (match?.[2] !== inode) continue;
    const path = match[3];
    return { connected: match[1] === CONNECTED, ...(path && { path }) };
  }
  return undefined;
}
