/**
 * The control groups that limit this process and its workers. Linux only. cgroups(7),
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { posix } from 'node:path';
import { type ReadText, readText } from './read-text.ts';

export interface Cgroup {
  readonly version: 1 | 2;
  /** The group of this process and all groups above it, the nearest first. In a container some do not exist. */
  readonly directories: readonly string[];
}

const ROOT = '/sys/fs/cgroup';

/** The groups by which the kernel limits a resource; undefined where there are none. */
export function cgroupOf(controller: 'cpu' | 'memory', read: ReadText = readText): Cgroup | undefined {
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
