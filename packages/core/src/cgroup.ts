/**
 * The control groups that limit this process and its workers. Linux only. cgroups(7),
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { totalmem } from 'node:os';
import { posix } from 'node:path';
import { type ReadText, readText } from './read-text.ts';

export interface Cgroup {
  readonly version: 1 | 2;
  /** The group of this process and all groups above it, the nearest first. In a container some do not exist. */
  readonly directories: readonly string[];
}

const ROOT = '/sys/fs/cgroup';

/** The groups by which the kernel limits a resource; undefined where there are none. */
export function cgroupOf(
  controller: 'cpu' | 'memory' | 'pids',
  read: ReadText = readText,
): Cgroup | undefined {
  // hierarchy:controllers:path. Version 2 names no controllers; where both are mounted, the line that names it counts.
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const first = lines.find(([, controllers]) => controllers?.split(',').includes(controller));
  const own = first ?? lines.find(([, controllers]) => controllers === '');
  if (!own) return undefined;
  const root = first ? posix.join(ROOT, controller) : ROOT;
  const directories: string[] = [];
  for (let at = posix.join('/', own.slice(2).join(':')); ; at = posix.dirname(at)) {
    directories.push(posix.join(root, at));
    if (at === '/') return { version: first ? 1 : 2, directories };
  }
}

/** The texts of a file in the own group and in all groups above it, the nearest first; empty where it is missing. */
export function textsInCgroup(
  controller: Parameters<typeof cgroupOf>[0],
  file: Readonly<Record<Cgroup['version'], string>>,
  read: ReadText = readText,
): string[] {
  const group = cgroupOf(controller, read);
  return (group?.directories ?? []).map((it) => read(posix.join(it, file[group?.version ?? 2])) ?? '');
}

const MEMORY_LIMIT = { 1: 'memory.limit_in_bytes', 2: 'memory.max' } as const;
const MEMORY_USED = { 1: 'memory.usage_in_bytes', 2: 'memory.current' } as const;

/** The kernel frees these before it kills: pages of files that are on the disk as well, and caches of its own. */
const RECLAIMABLE = {
  1: /^total_(?:in)?active_file (\d+)$/gm,
  2: /^(?:(?:in)?active_file|slab_reclaimable) (\d+)$/gm,
} as const;

/** The smallest limit in bytes of these groups; undefined where none is below what the machine has. */
export function memoryLimit(machineBytes = totalmem(), read: ReadText = readText): number | undefined {
  const limits = textsInCgroup('memory', MEMORY_LIMIT, read)
    .map((text) => Number.parseInt(text, 10))
    .filter((bytes) => isLimit(bytes, machineBytes));
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

// Version 2 writes "no limit" as `max`, version 1 as a number beyond all memory.
const isLimit = (bytes: number, machineBytes: number): boolean => bytes > 0 && bytes < machineBytes;

/** Memory of a control group, in bytes. */
export interface GroupMemory {
  /** Without what the kernel can take back. */
  readonly used: number;
  readonly limit: number;
}

/** The fullest of the groups of this process that have a limit; undefined where none has one. */
export function groupMemory(machineBytes = totalmem(), read: ReadText = readText): GroupMemory | undefined {
  const { version, directories } = cgroupOf('memory', read) ?? { version: 2, directories: [] };
  const numberIn = (directory: string, file: string) =>
    Number.parseInt(read(posix.join(directory, file)) ?? '', 10);
  const found = directories.flatMap((directory): GroupMemory[] => {
    const limit = numberIn(directory, MEMORY_LIMIT[version]);
    if (!isLimit(limit, machineBytes)) return [];
    const used = numberIn(directory, MEMORY_USED[version]);
    const stat = read(posix.join(directory, 'memory.stat')) ?? '';
    const reclaimable = [...stat.matchAll(RECLAIMABLE[version])].reduce((sum, [, n]) => sum + Number(n), 0);
    return used > 0 ? [{ used: Math.max(0, used - reclaimable), limit }] : [];
  });
  return found.sort((one, other) => other.used / other.limit - one.used / one.limit)[0];
}
