/**
 * What the kernel knows of a process that does not answer: from Linux's /proc, which is read and nothing more.
 * https://man7.org/linux/man-pages/man5/proc.5.html
 */
import fs from 'node:fs';
import { systemCallName } from './system-calls.ts';

export interface ChildProcess {
  readonly pid: number;
  readonly command: string;
  readonly ageMs: number;
}

export interface KernelView {
  /** One letter: R runs, S sleeps, D sleeps and cannot be woken, T stopped, t traced, Z ended. */
  readonly state: string;
  /** CPU time that it has used so far, in milliseconds. */
  readonly cpuMs: number;
  /** Name or number of the system call that its main thread is in; undefined when in none, or not to be known. */
  readonly systemCall?: string;
  /** The kernel function that it sleeps in. */
  readonly waitsIn?: string;
  /** The newest first. */
  readonly children: readonly ChildProcess[];
}

/** USER_HZ, which is 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;
const LONGEST_COMMAND = 120;

const read = (path: string): string | undefined => {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    // Not Linux, gone, or not allowed.
    return undefined;
  }
};

/** Undefined where there is no /proc, and for a process that is gone. */
export function kernelView(pid: number): KernelView | undefined {
  const stat = statOf(pid);
  if (!stat) return undefined;
  const systemCall = systemCallOf(pid);
  const waitsIn = read(`/proc/${pid}/wchan`)?.trim();
  return {
    state: stat.state,
    cpuMs: stat.cpuMs,
    ...(systemCall !== undefined && { systemCall }),
    // It is 0 where nothing is waited for, and where the kernel does not tell.
    ...(waitsIn && waitsIn !== '0' && { waitsIn }),
    children: childrenOf(pid),
  };
}

/** Counted from behind the name, which may hold anything. */
function statOf(pid: number): { state: string; cpuMs: number; startedAtMs: number } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (at: number) => Number(fields[at] ?? 0) * MS_PER_TICK;
  return { state: fields[0] ?? '?', cpuMs: ticks(11) + ticks(12), startedAtMs: ticks(19) };
}

/** Of the main thread. `running`: it is in none; -1: it is blocked, but in no call. */
function systemCallOf(pid: number): string | undefined {
  const number = read(`/proc/${pid}/syscall`)?.split(' ')[0]?.trim();
  return number === undefined || !/^\d+$/.test(number) ? undefined : systemCallName(Number(number));
}

function childrenOf(pid: number): ChildProcess[] {
  const uptimeMs = Number(read('/proc/uptime')?.split(' ')[0] ?? 0) * 1_000;
  const pids = threadsOf(pid).flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
  const children = pids.flatMap((child) => {
    const stat = statOf(child);
    if (!stat) return [];
    return { pid: child, command: commandOf(child), ageMs: Math.max(0, uptimeMs - stat.startedAtMs) };
  });
  return children.sort((one, other) => one.ageMs - other.ageMs);
}

function threadsOf(pid: number): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process that is just ending has none. */
function commandOf(pid: number): string {
  const line = (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
  const plain = (line || read(`/proc/${pid}/comm`)?.trim() || '?').replace(/[^\x20-\x7e]/g, '?');
  return plain.length > LONGEST_COMMAND ? `${plain.slice(0, LONGEST_COMMAND)}...` : plain;
}
