/**
 * Signals that arrive before the server handles them, and after it. The first end a process by default, except PID 1 of a container: the
 * kernel drops a signal to PID 1 that has no handler (pid_namespaces(7)). The server would start in spite of the signal,
 * and `docker stop` would kill it ten seconds later.
 */
import { constants } from 'node:os';

const ENDING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** Those that ask a server that runs for something, and end a process that does not listen for them. */
const ASKING = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * The listeners of a server go when it has finished, and the rest of its log is written after that: a rotation must not turn
 * its exit code into a death by a signal.
 */
export function ignoreLateSignals(): void {
  for (const signal of ASKING) process.on(signal, () => {});
}

/**
 * Lets PID 1 exit at a signal as any other process would: nothing is bound or started yet.
 * @returns removes the handlers
 */
export function leaveOnFirstSignals(): () => void {
  if (process.pid !== 1) return () => {};
  const leave = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  for (const signal of ENDING) process.on(signal, leave);
  return () => {
    for (const signal of ENDING) process.off(signal, leave);
  };
}
