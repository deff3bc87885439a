/** The kernel's view of a process that does not answer, read from Linux's /proc. */
import { readText } from '@tshorn/core';
import { childrenOf, statOf, threadsOf, wordsOf } from '../os/proc.ts';

export interface ChildProcess {
  readonly pid: number;
  readonly command: string;
  readonly ageMs: number;
}

export interface KernelView {
  /** One letter: see ProcessStat. */
  readonly state: string;
  /** CPU time used so far, in milliseconds. */
  readonly cpuMs: number;
  /** The kernel function in which the main thread sleeps. */
  readonly waitsIn?: string;
  /** The newest first. */
  readonly children: readonly ChildProcess[];
}

const LONGEST_COMMAND = 120;

/** Undefined where there is no /proc, and for a process that has ended. */
export function kernelView(pid: number): KernelView | undefined {
  const stat = statOf(pid);
  if (!stat) return undefined;
  const waitsIn = readText(`/proc/${pid}/wchan`)?.trim();
  return {
    state: stat.state,
    cpuMs: stat.cpuMs,
    // The file holds 0 where the thread does not sleep, and where the kernel does not tell.
    ...(waitsIn && waitsIn !== '0' && { waitsIn }),
    children: childProcesses(pid),
  };
}

function childProcesses(pid: number): ChildProcess[] {
  const uptimeMs = Number(readText('/proc/uptime')?.split(' ')[0] ?? 0) * 1_000;
  const children = threadsOf(pid)
    .flatMap((thread) => childrenOf(pid, thread))
    .flatMap((child) => {
      const stat = statOf(child);
      if (!stat) return [];
      const command = commandOf(child, stat.name);
      return { pid: child, command, ageMs: Math.max(0, uptimeMs - stat.startedAtMs) };
    });
  return children.sort((one, other) => one.ageMs - other.ageMs);
}

/** A process that is just ending has no command line. */
function commandOf(pid: number, name: string): string {
  const plain = (wordsOf(pid)?.join(' ').trim() || name).replace(/[^\x20-\x7e]/g, '?');
  return plain.length > LONGEST_COMMAND ? `${plain.slice(0, LONGEST_COMMAND)}...` : plain;
}
