/**
 * Signals that come before the server listens to them. A process dies of them by itself, except as PID 1 of a
 * container: there the kernel drops a signal that has no handler (pid_namespaces(7)), the server would start all the
 * same, and `docker stop` would kill it ten seconds later.
 */
import { constants } from 'node:os';

const ENDING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** As PID 1, leaves as any other process would: nothing is bound or started yet. Returns what ends this. */
export function leaveOnFirstSignals(): () => void {
  if (process.pid !== 1) return () => {};
  const leave = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  for (const signal of ENDING) process.on(signal, leave);
  return () => {
    for (const signal of ENDING) process.off(signal, leave);
  };
}
