/**
 * What Linux knows of a unix socket by its descriptor. Node tells neither the path of an adopted pipe nor
 * whether it listens; /proc/net/unix has both, by inode (man 5 proc_pid_net).
 */
import fs from 'node:fs';

export interface UnixSocket {
  readonly listens: boolean;
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

/** `__SO_ACCEPTCON` of linux/net.h: it listens. */
const ACCEPTS = 0x1_00_00;

/** One line of the table: Num RefCount Protocol Flags Type St Inode Path. */
export function findByInode(table: string, inode: string): UnixSocket | undefined {
  for (const line of table.split('\n')) {
    const match = /^\S+: \S+ \S+ ([0-9A-F]+) \S+ \S+ +(\d+)(?: (.+))?$/.exec(line);
    if (match?.[2] !== inode) continue;
    const path = match[3];
    return { listens: (Number.parseInt(match[1] ?? '', 16) & ACCEPTS) !== 0, ...(path && { path }) };
  }
  return undefined;
}
