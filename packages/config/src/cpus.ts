/**
 * The number of CPUs that this process may use. Node leaves out the quota of a container: Node 20 always, later
 * versions where the cgroup is not laid out as libuv expects.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cgroupOf, type ReadText, readText } from '@tshorn/core';

/** At least 1. A quota of two and a half CPUs is two: a third worker would be throttled. */
export const usableCpus = (available = availableParallelism(), read: ReadText = readText): number =>
  Math.max(1, Math.min(available, Math.floor(cpuQuota(read))));

/** In CPUs; infinite where nothing limits it. A group gets no more than the groups above it. */
export function cpuQuota(read: ReadText = readText): number {
  const { version, directories } = cgroupOf('cpu', read) ?? { directories: [] };
  const quotas = directories.map((directory) => {
    const of = (file: string) => read(join(directory, file))?.trim().split(' ') ?? [];
    // `200000 100000` or `max 100000`. Version 1 has a file for each; there, no limit is -1.
    const [limit, period] =
      version === 2 ? of('cpu.max') : [...of('cpu.cfs_quota_us'), ...of('cpu.cfs_period_us')];
    const cpus = Number(limit) / Number(period);
    return cpus > 0 ? cpus : Number.POSITIVE_INFINITY;
  });
  return Math.min(Number.POSITIVE_INFINITY, ...quotas);
}
