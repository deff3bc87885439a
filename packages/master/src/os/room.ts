/** The CPUs and the memory that are free of the machine, or of the part of it that the server may use. Linux; elsewhere nothing is known. */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuQuota } from '@tshorn/config';
import { groupMemory, type ReadText, readText } from '@tshorn/core';
import type { Room } from '../decide/surge.ts';
import { residentBytes, threadTimes } from './proc.ts';

/** The kernel counts the time of a CPU in ticks of 10 ms. */
const WINDOW_MS = 100;

/** Milliseconds of CPU time that the machine has used so far, and that it has had. */
function machineMs(): { readonly used: number; readonly all: number } {
  let used = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    used += busy;
    all += busy + times.idle;
  }
  return { used, all };
}

/** Bytes that processes can still get, of the machine and of the control group. */
export function freeBytes(read: ReadText = readText): number | undefined {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo') ?? '')?.[1];
  if (kilobytes === undefined) return undefined;
  const group = groupMemory(undefined, read);
  const inGroup = group ? Math.max(0, group.limit - group.used) : Number.POSITIVE_INFINITY;
  return Math.min(Number(kilobytes) * 1024, inGroup);
}

/**
 * Looks for a tenth of a second.
 * @param pids those of the workers
 */
export async function roomOf(pids: readonly number[]): Promise<Room> {
  const ranMs = () => pids.reduce((sum, pid) => sum + (threadTimes(pid)?.ranMs ?? 0), 0);
  const before = { machine: machineMs(), own: ranMs(), at: performance.now() };
  await sleep(WINDOW_MS);
  const tookMs = performance.now() - before.at;
  const machine = machineMs();
  const all = cpus().length;
  const busyOfMachine =
    (all * (machine.used - before.machine.used)) / Math.max(1, machine.all - before.machine.all);
  const busyOfOwn = (ranMs() - before.own) / tookMs;
  // A quota counts what the own group uses; without one, everybody uses the same CPUs.
  const quota = cpuQuota();
  const [limit, busy] = quota < all ? [quota, busyOfOwn] : [all, Math.max(busyOfMachine, busyOfOwn)];
  const free = freeBytes();
  const sizes = pids.flatMap((pid) => residentBytes(pid) ?? []);
  const workerBytes =
    sizes.length > 0 ? sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length : undefined;
  return {
    cpus: limit,
    busy: Math.min(limit, busy),
    ...(free !== undefined && { freeBytes: free }),
    ...(workerBytes !== undefined && { workerBytes }),
  };
}
