/** Tells when a worker process has ended, and all that it has left in its pipes is read. */
import type { Worker as ClusterWorker } from 'node:cluster';
import type { WorkerOutput } from './worker-output.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Time to read the last messages of a process that has ended. */
const LAST_WORDS_MS = 1_000;
/** Time to read its last lines: a process that the worker has started may hold its standard error open for ever. */
const LAST_LINES_MS = 200;

/**
 * The kernel reports the exit before the last messages and lines are read: the end is when all three are there.
 * @param outputs all of its output that the master reads
 * @param onEnd may be called more than once
 */
export function watchEnd(
  worker: ClusterWorker,
  outputs: readonly WorkerOutput[],
  onEnd: (exit: Exit) => void,
): void {
  let exit: Exit | undefined;
  let disconnected = false;
  let silent = outputs.length === 0;
  const endIfAll = () => {
    // Node emits no 'disconnect' for a worker that died with a connection on its way to it.
    disconnected ||= !worker.process.connected;
    if (exit && disconnected && silent) onEnd(exit);
  };
  const silence = () => {
    silent = true;
    endIfAll();
  };
  void Promise.all(outputs.map(({ ended }) => ended)).then(silence);
  worker.once('disconnect', () => {
    disconnected = true;
    endIfAll();
  });
  worker.once('exit', (code: number | null, signal: string | null) => {
    exit = { code, signal };
    endIfAll();
    setTimeout(silence, LAST_LINES_MS).unref();
    setTimeout(() => onEnd({ code, signal }), LAST_WORDS_MS).unref();
  });
}
