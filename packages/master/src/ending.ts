/**
 * Kills workers. decide/ says which worker and when; hang/ explains one that is stuck, and one that is asked to exit is given
 * the same time for it. An explanation may take two seconds and no more: one that throws or stalls, or a log that cannot be
 * written, never costs the kill.
 */
import { childrenOf, threadsOf } from './os/proc.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** How long a worker that is to be killed is kept for its explanation, in milliseconds. */
export const EXPLANATION_MS = 2_000;

/** Ends the processes that a worker's app has started. They would outlive it, and hold the port of the next start. */
export function endChildrenOf(pid: number): void {
  for (const child of threadsOf(pid).flatMap((thread) => childrenOf(pid, thread))) {
    try {
      process.kill(child, 'SIGTERM');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/**
 * Kills the worker: at once, or as soon as its explanation is there.
 * @param explain undefined result: there is nothing to explain, or to wait for
 */
export function endWorker(
  worker: Pick<WorkerHandle, 'kill'>,
  explain?: () => Promise<unknown> | undefined,
): void {
  let timer: NodeJS.Timeout | undefined;
  let killed = false;
  const kill = () => {
    clearTimeout(timer);
    if (!killed) worker.kill();
    killed = true;
  };
  try {
    const explanation = explain?.();
    if (!explanation) return kill();
    timer = setTimeout(kill, EXPLANATION_MS);
    explanation.then(kill, kill);
  } catch {
    kill();
  }
}
