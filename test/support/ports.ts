/** Ports on which a process listens, from Linux's /proc. */
import fs from 'node:fs';
import path from 'node:path';

const LISTEN = '0A';

export interface Port {
  /** As the kernel has it: `0100007F` is 127.0.0.1. */
  readonly address: string;
  readonly port: number;
}

/** By TCP over IPv4 and IPv6; empty for a process that has ended. */
export function listeningPorts(pid: number): Port[] {
  const inodes = new Set(
    entriesOf(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(path.join(`/proc/${pid}/fd`, fd)))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  if (inodes.size === 0) return [];
  return ['tcp', 'tcp6'].flatMap((family) =>
    fs
      .readFileSync(`/proc/self/net/${family}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTEN && inodes.has(inode ?? ''))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':');
        return { address, port: Number.parseInt(port, 16) };
      }),
  );
}

function entriesOf(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}
