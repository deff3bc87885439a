/**
 * The kernel's figures of a process. Only Linux has /proc, which is proc(5); elsewhere a process is alive or not, and
 * everything else is undefined or empty, as for a process that has ended.
 */
import fs from 'node:fs';
import { type ReadText, readText } from '@tshorn/core';

/** USER_HZ is 100 on every architecture that Node runs on: time(7). */
const MS_PER_TICK = 10;

/** True for a process of another user as well. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export interface ProcessStat {
  readonly name: string;
  /** R runs, S sleeps, D sleeps and cannot be woken, T stopped, t traced, Z ended and not reaped. */
  readonly state: string;
  /** CPU time used so far, in milliseconds. */
  readonly cpuMs: number;
  /** Milliseconds from the start of the machine to that of the process. */
  readonly startedAtMs: number;
}

export function statOf(pid: number | 'self', read: ReadText = readText): ProcessStat | undefined {
  // The name may hold blanks and brackets itself: the fields are counted from behind its last bracket.
  const [, name, rest] = /\((.*)\) (.*)/s.exec(read(`/proc/${pid}/stat`) ?? '') ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const fields = rest.split(' ');
  const ms = (at: number) => Number(fields[at] ?? 0) * MS_PER_TICK;
  return { name, state: fields[0] ?? '?', cpuMs: ms(11) + ms(12), startedAtMs: ms(19) };
}

/** The command line; empty for a process that has ended and is not reaped. */
export const wordsOf = (pid: number | 'self'): string[] | undefined =>
  readText(`/proc/${pid}/cmdline`)?.split('\0').slice(0, -1);

/** Pid of the process that has started it. */
export function parentOf(pid: number): number | undefined {
  const parent = /^PPid:\s+(\d+)$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Milliseconds since 1970, exact to a second. */
export function startTimeOf(pid: number): number | undefined {
  const boot = /^btime (\d+)$/m.exec(readText('/proc/stat') ?? '')?.[1];
  const stat = statOf(pid);
  return boot === undefined || !stat ? undefined : Number(boot) * 1_000 + stat.startedAtMs;
}

/** Bytes of memory that the process holds, shared pages included. */
export function residentBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Thread ids. */
export function threadsOf(pid: number): number[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** Pids of the processes that this thread has started. None on a kernel without CONFIG_PROC_CHILDREN. */
export const childrenOf = (pid: number, thread = pid): number[] =>
  (readText(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number);

/**
 * Milliseconds that the main thread has run, and that it could have run and waited for a CPU:
 * https://docs.kernel.org/scheduler/sched-stats.html
 */
export function threadTimes(
  pid: number | undefined,
  read: ReadText = readText,
): { readonly ranMs: number; readonly waitedMs: number } | undefined {
  const text = pid === undefined ? undefined : read(`/proc/${pid}/schedstat`);
  const [ran = Number.NaN, waited = Number.NaN] = (text ?? '').split(' ').map(Number);
  return Number.isNaN(ran + waited) ? undefined : { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}
