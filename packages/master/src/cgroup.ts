/**
 * What the kernel says of the control group that this process and its workers are in: its limit of memory,
 * and how many processes its out-of-memory killer has ended. Linux; elsewhere there is none.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
import fs from 'node:fs';
import path from 'node:path';

/** The text of a file; undefined where it is not there or may not be read. */
export type Read = (file: string) => string | undefined;

export const readFile: Read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

interface Version {
  readonly root: string;
  readonly limit: string;
  readonly events: string;
}

const V1: Version = {
  root: '/sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  events: 'memory.oom_control',
};
const V2: Version = { root: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events' };

/** The own group's directory and all above it, the nearest first. In a container some of them are not there. */
function directories(read: Read): { version: Version; directories: string[] } | undefined {
  const lines = read('/proc/self/cgroup')?.split('\n') ?? [];
  // With both versions mounted, memory is where a line names it.
  const v1 = lines.map((line) => /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/.exec(line)?.[1]).find(Boolean);
  const v2 = lines.map((line) => /^0::(\/.*)$/.exec(line)?.[1]).find(Boolean);
  const version = v1 === undefined ? V2 : V1;
  const own = v1 ?? v2;
  if (own === undefined) return undefined;
  const found: string[] = [];
  for (let at = path.posix.normalize(own); ; at = path.posix.dirname(at)) {
    found.push(path.posix.join(version.root, at));
    if (at === '/') return { version, directories: found };
  }
}

/** The smallest limit in bytes on the way up; undefined where there is none below what the machine has. */
export function memoryLimit(machineBytes: number, read: Read = readFile): number | undefined {
  const group = directories(read);
  if (!group) return undefined;
  const limits = group.directories
    .map((directory) => Number.parseInt(read(path.posix.join(directory, group.version.limit)) ?? '', 10))
    // `max` is no number; v1 says "none" by a number beyond all memory.
    .filter((bytes) => bytes > 0 && bytes < machineBytes);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** How often the out-of-memory killer has ended a process of the group; undefined where nobody counts. */
export function oomKillCount(read: Read = readFile): number | undefined {
  const group = directories(read);
  for (const directory of group?.directories ?? []) {
    const count = /^oom_kill (\d+)$/m.exec(
      read(path.posix.join(directory, group?.version.events ?? '')) ?? '',
    );
    if (count) return Number(count[1]);
  }
  return undefined;
}
