/**
 * How many CPUs' worth of time this process may use. Node's own answer leaves out the quota of a container: on Node 20
 * always, and on newer ones where the cgroup is not laid out as libuv expects.
 */
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** The text of a file, or undefined where there is none. */
export type ReadFile = (file: string) => string | undefined;

const ROOT = '/sys/fs/cgroup';

/** At least 1. Half a CPU more than two is two: a third worker would be the one that is throttled. */
export const usableCpus = (available = availableParallelism(), read: ReadFile = readFile): number =>
  Math.max(1, Math.min(available, Math.floor(quota(read))));

/** In CPUs; infinite where nothing limits it. */
function quota(read: ReadFile): number {
  // hierarchy:controllers:path; the second version has neither of the first two (cgroups(7)).
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const limits = lines.flatMap(([, controllers, ...rest]) => {
    const path = rest.join(':');
    if (controllers === '') return pathsUp(path).map((up) => unified(read(join(ROOT, up, 'cpu.max'))));
    if (!controllers?.split(',').includes('cpu')) return [];
    return pathsUp(path).map((up) => {
      const of = (name: string) => read(join(ROOT, 'cpu', up, name));
      return ratio(of('cpu.cfs_quota_us'), of('cpu.cfs_period_us'));
    });
  });
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** A group has no more than those above it. Inside a container its own is the root, whatever path is named. */
const pathsUp = (path: string): string[] =>
  path === '/' ? ['/'] : [path, ...pathsUp(dirname(join('/', path)))];

/** `200000 100000` or `max 100000`. */
const unified = (text = ''): number => ratio(...(text.trim().split(' ') as [string?, string?]));

/** No limit is `max` in the second version, -1 in the first. */
function ratio(quotaText?: string, periodText?: string): number {
  const cpus = Number(quotaText) / Number(periodText);
  return cpus > 0 ? cpus : Number.POSITIVE_INFINITY;
}

function readFile(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
