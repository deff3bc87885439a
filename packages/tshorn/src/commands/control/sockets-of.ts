/**
 * The unix sockets that a process has, by their paths. A master may have its control socket in any directory: its
 * environment differs from that of a command in cron, and so do `XDG_RUNTIME_DIR` and `TMPDIR`.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { readText } from '@tshorn/core';

/** A listening socket has this in its flags: __SO_ACCEPTCON, proc_pid_net(5). */
const ACCEPTS = 0x10000;
/** cron has neither directory of macOS in its PATH. */
const LSOF = ['lsof', '/usr/sbin/lsof', '/usr/bin/lsof'];
const LSOF_MS = 5_000;

/** Returns none for a process that is gone, or of another user. */
export const socketsOf = (pid: number): string[] => byProc(pid) ?? byLsof(pid);

/** Undefined without /proc. */
export function byProc(pid: number): string[] | undefined {
  const table = readText(`/proc/${pid}/net/unix`);
  if (table === undefined) return undefined;
  const inodes = new Set(descriptorsOf(pid).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
  return table.split('\n').flatMap((line) => {
    // The path is the last field, and may contain spaces.
    const [, flags = '', inode, path] = /^\S+: \S+ \S+ (\S+) \S+ \S+ +(\d+) (\/.*)$/.exec(line) ?? [];
    if (path === undefined || (Number.parseInt(flags, 16) & ACCEPTS) === 0) return [];
    return inodes.has(inode) ? [path] : [];
  });
}

function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return fs.readdirSync(directory).flatMap((name) => {
      try {
        return [fs.readlinkSync(`${directory}/${name}`)];
      } catch {
        // The descriptor has been closed since.
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** macOS and the BSDs have no /proc. */
export function byLsof(pid: number): string[] {
  for (const program of LSOF) {
    const { stdout, error } = spawnSync(program, ['-a', '-U', '-w', '-Fn', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: LSOF_MS,
    });
    if (error) continue;
    const paths = stdout.split('\n').flatMap((line) => /^n(\/.*?)(?: type=\w+)?$/.exec(line)?.[1] ?? []);
    return [...new Set(paths)];
  }
  return [];
}
