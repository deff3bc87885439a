/**
 * Finds out why a worker is stuck, first from the worker itself, then from the kernel, and logs it. Loaded when the
 * first worker is stuck.
 */
import { describeWorker, formatMs, type WorkerIdentity } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { LogEvent } from '../log-events.ts';
import { residentBytes } from '../os/proc.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import { type Inspection, inspect } from './inspection.ts';
import { type KernelView, kernelView } from './kernel-view.ts';
import { fieldsOf } from './warnings.ts';
import { type Findings, runsApp, say } from './wording.ts';

/** One worker, from outside. */
export interface WatchedWorker {
  readonly identity: WorkerIdentity;
  /** Working directory of its release. */
  readonly cwd: string;
  /** `--timeout` in milliseconds; 0: no watch. */
  readonly timeoutMs: number;
  /** `--disable-sigusr1`: its inspector cannot be opened by a signal. */
  readonly inspectorDisabled: boolean;
  readonly handle: Pick<WorkerHandle, 'pid' | 'connected' | 'inspector' | 'openInspector'>;
}

export interface Stuck {
  readonly worker: WatchedWorker;
  /** Since its last heartbeat, or since its start. */
  readonly silentMs: number;
  readonly phase: 'booting' | 'hung' | 'leaving';
  /** How late the event loop was at its last heartbeat; undefined: it gave none. */
  readonly loopDelayMs: number | undefined;
}

/** The event for a worker whose event loop runs after all. */
const EVENTS: Record<Stuck['phase'], LogEvent> = {
  booting: 'never-came-up',
  hung: 'hung',
  leaving: 'never-left',
};
const HEADS: Record<Stuck['phase'], (silence: string) => string> = {
  booting: (silence) => `did not finish booting in ${silence}: `,
  hung: (silence) => `hung: no heartbeat for ${silence}; `,
  leaving: () => 'did not finish its own clean-up: ',
};

/** Frames in the log's field; its text has fewer. */
const MOST_FRAMES = 30;

/**
 * Resolves when the explanation is logged, within about `withinMs`.
 * @param own directory of tshorn's own code in a worker
 */
export async function explain(stuck: Stuck, own: string, log: Logger, withinMs: number): Promise<void> {
  const { worker, silentMs, phase, loopDelayMs } = stuck;
  const { identity, cwd, handle } = worker;
  const found = await findOut(worker, withinMs);
  const { headline, details } = say(found, { cwd, own, silentMs, mayRun: phase !== 'hung' });
  const { stack = [], requests, rss = found.rss, heapUsed } = found.inspection ?? {};
  const runs = found.inspection !== undefined && !runsApp(stack, own);
  const delay =
    loopDelayMs === undefined ? [] : [`event loop at its last heartbeat: late by ${formatMs(loopDelayMs)}`];
  const lines = [...details, ...delay].map((line) => `\n  | ${line}`);
  const named = { ...identity, pid: handle.pid };
  log.error(
    {
      event: runs ? EVENTS[phase] : 'hung',
      ...fieldsOf(named),
      silentMs: Math.round(silentMs),
      reason: headline,
      // A frame of ours may lie on top: Node tells the process of a signal wherever it is.
      stack: stack.filter(({ file }) => !file.startsWith(own)).slice(0, MOST_FRAMES),
      // Absent where only the process could have reported them: an empty list says that there are none.
      ...(requests && { requests }),
      ...(rss !== undefined && { rss, heapUsed }),
      ...(loopDelayMs !== undefined && { loopDelayMs }),
      ...(found.kernel && { kernel: found.kernel }),
    },
    `${describeWorker(named)} ${HEADS[phase](formatMs(silentMs))}${headline}${lines.join('')}`,
  );
}

async function findOut(worker: WatchedWorker, withinMs: number): Promise<Findings> {
  const { pid = 0 } = worker.handle;
  const before = kernelView(pid);
  const since = performance.now();
  const inspection = await inspectionOf(worker, before, withinMs);
  if (inspection?.stack || inspection?.rss !== undefined) return { inspection };
  // The process may have ended meanwhile: state X.
  const kernel = kernelView(pid) ?? (before && { ...before, state: 'X' });
  const rss = residentBytes(pid);
  const seconds = (performance.now() - since) / 1_000;
  // The kernel counts ticks of 10 ms: a shorter time tells nothing.
  const measured = before && kernel && seconds > 0.2;
  return {
    silentBecause: worker.inspectorDisabled ? 'inspector-disabled' : 'no-answer',
    ...(rss !== undefined && { rss }),
    ...(kernel && { kernel }),
    ...(measured && { cpuMsPerSecond: Math.round((kernel.cpuMs - before.cpuMs) / seconds) }),
  };
}

async function inspectionOf(
  { handle, inspectorDisabled }: WatchedWorker,
  kernel: KernelView | undefined,
  withinMs: number,
): Promise<Inspection | undefined> {
  const stopped = kernel?.state === 'T' || kernel?.state === 't';
  if (stopped) return undefined;
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), withinMs);
  const over = new Promise<undefined>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    // Without the inspector the kernel is watched for a while all the same: the CPU time says a lot.
    if (inspectorDisabled) return await over;
    const address = await Promise.race([handle.inspector.open(() => handle.openInspector()), over]);
    return address === undefined ? undefined : await inspect(address, ending.signal);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
