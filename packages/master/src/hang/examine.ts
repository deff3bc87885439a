/** Finds out what is known of a worker that is stuck, first from the worker itself, then from the kernel. */
import type { WorkerIdentity } from '@tshorn/core';
import { residentBytes } from '../os/proc.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import { inspect } from './inspection.ts';
import { type KernelView, kernelView } from './kernel-view.ts';
import { Session } from './session.ts';
import type { Findings } from './wording.ts';

/** One worker, from outside. */
export interface WatchedWorker {
  readonly identity: WorkerIdentity;
  /** Working directory of its release. */
  readonly cwd: string;
  /** `--timeout` in milliseconds; 0: no watch. */
  readonly timeoutMs: number;
  /** Why its inspector must stay closed: --disable-sigusr1, where a signal would end it, or --no-hang-debugger. */
  readonly inspectorDisabled?: 'disable-sigusr1' | 'no-hang-debugger' | undefined;
  readonly handle: Pick<WorkerHandle, 'pid' | 'connected' | 'inspector' | 'openInspector'>;
}

export interface Examined {
  readonly findings: Findings;
  /** Open, and to be closed by the caller, where the inspector listens. A process that runs JavaScript stands still. */
  readonly session?: Session;
}

/** Takes about `withinMs` at the most. */
export async function examine(worker: WatchedWorker, withinMs: number): Promise<Examined> {
  const { pid = 0 } = worker.handle;
  const before = kernelView(pid);
  const since = performance.now();
  const session = await openSession(worker, before, withinMs);
  const inspection = session && (await inspect(session, withinMs - (performance.now() - since)));
  const opened = session && { session };
  if (inspection?.stack || inspection?.rss !== undefined) return { findings: { inspection }, ...opened };
  // The process may have ended meanwhile: state X.
  const kernel = kernelView(pid) ?? (before && { ...before, state: 'X' });
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
  return { findings, ...opened };
}

async function openSession(
  { handle, inspectorDisabled }: WatchedWorker,
  kernel: KernelView | undefined,
  withinMs: number,
): Promise<Session | undefined> {
  const isStopped = kernel?.state === 'T' || kernel?.state === 't';
  if (isStopped) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), withinMs);
  });
  try {
    // Without the inspector the kernel is watched for a while all the same: the CPU time says a lot.
    if (inspectorDisabled) return await over;
    const address = await Promise.race([handle.inspector.open(() => handle.openInspector()), over]);
    return address === undefined ? undefined : new Session(address);
  } finally {
    clearTimeout(timer);
  }
}
