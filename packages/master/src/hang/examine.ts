/** Finds out what is known of a worker that is stuck, first from the worker itself, then from the kernel. */
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../os/proc.ts';
import type { Door, WatchedWorker } from './door.ts';
import { inspect } from './inspection.ts';
import { type KernelView, kernelView } from './kernel-view.ts';
import type { Session } from './session.ts';
import type { Findings } from './wording.ts';

/** A process that a signal has stopped may be about to run again: it has this time. */
const CONTINUES_MS = 150;

export interface Patience {
  /** Milliseconds until the inspector listens, which native code prevents. */
  readonly openMs: number;
  /** When all is to be known, on the clock of performance.now(). */
  readonly until: number;
}

/** Afterwards a process that runs JavaScript stands still, if its door is open. */
export async function examine(
  worker: WatchedWorker,
  door: Door,
  { openMs, until }: Patience,
): Promise<{ readonly findings: Findings; readonly session: Session | undefined }> {
  const { pid = 0 } = worker.handle;
  const before = kernelView(pid);
  const since = performance.now();
  // A process that is stopped does not obey.
  const stopped = isStopped(before) ? await staysStopped(pid) : undefined;
  // That wait is a part of the time for all.
  const session = stopped ? undefined : await door.open(Math.min(openMs, until - performance.now()));
  const inspection = session && (await inspect(session, until - performance.now()));
  if (inspection?.stack || inspection?.rss !== undefined) return { findings: { inspection }, session };
  // The process may have ended meanwhile: state X.
  const kernel = stopped ?? kernelView(pid) ?? (before && { ...before, state: 'X' });
  const rss = residentBytes(pid);
  const seconds = (performance.now() - since) / 1_000;
  // The kernel counts ticks of 10 ms: a shorter time tells nothing.
  const measured = before && kernel && seconds > 0.2;
  const findings: Findings = {
    silentBecause: worker.inspectorDisabled ?? 'no-answer',
    ...(rss !== undefined && { rss }),
    ...(kernel && { kernel }),
    ...(measured && { cpuMsPerSecond: Math.round((kernel.cpuMs - before.cpuMs) / seconds) }),
  };
  return { findings, session };
}

/** @returns undefined when it runs again, or has ended */
async function staysStopped(pid: number): Promise<KernelView | undefined> {
  await sleep(CONTINUES_MS);
  const view = kernelView(pid);
  return isStopped(view) ? view : undefined;
}

/** By a signal, or by a debugger (ptrace). */
export const isStopped = (kernel: KernelView | undefined): boolean =>
  kernel?.state === 'T' || kernel?.state === 't';
