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

/** The smallest limit in bytes of these groups; undefined where none is below what the machine has. */
export function memoryLimit(machineBytes = totalmem(), read: ReadText = readText): number | undefined {
  const limits = textsInCgroup('memory', MEMORY_LIMIT, read)
    .map((text) => Number.parseInt(text, 10))
    // Version 2 writes "no limit" as `max`, version 1 as a number beyond all memory.
    .filter((bytes) => bytes > 0 && bytes < machineBytes);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
