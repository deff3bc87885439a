/**
 * What Linux knows of a unix socket by its descriptor. Node tells neither the path of an adopted pipe nor
 * whether it is a connection; /proc/net/unix has both, by inode (man 5 proc_pid_net).
 */
import fs from 'node:fs';

export interface UnixSocket {
  readonly connected: boolean;
  /** An abstract address begins with `@`; absent for a socket without a name. */
  readonly path?: string;
}

/** Undefined where it cannot be told: another network namespace, `ProcSubset=pid`, no Linux. */
export function unixSocketOf(fd: number): UnixSocket | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    return inode ? findByInode(fs.readFileSync('/proc/self/net/unix', 'utf8'), inode) : undefined;
  } catch {
    return undefined;
  }
}

/** `SS_CONNECTED` of linux/net.h. A socket that listens, or is about to, is unconnected (1). */
const CONNECTED = '03';

/** One line of the table: Num RefCount Protocol Flags Type St Inode Path. */
export function findByInode(table: string, inode: string): UnixSocket | undefined {
  for (const line of table.split('\n')) {
    const match = /^\S+: \S+ \S+ \S+ \S+ (\S+) +(\d+)(?: (.+))?$/.exec(line);
    if (match?.[2] !== inode) continue;
    const path = match[3];
    return { connected: match[1] === CONNECTED, ...(path && { path }) };
  }
  return undefined;
}
