/**
 * Watch mode: Node reports the files that this process loads, to the master, where master/src/watch/reported.ts reads
 * them. Node reads a variable of `process.env` before each report, which neither the app nor the processes and threads
 * that it starts may get.
 */
import { WATCH_VARIABLE } from '@tshorn/core';

/**
 * Moves the variable to the prototype of `process.env`: Node reads it there, and a copy of the environment, its list of
 * names and child processes (lib/child_process.js: `for (const key in env)`) do not have it.
 */
export function hideWatchVariable(): void {
  const value = process.env[WATCH_VARIABLE];
  if (value === undefined) return;
  delete process.env[WATCH_VARIABLE];
  const above = Object.getPrototypeOf(process.env);
  const hidden = { [WATCH_VARIABLE]: { value, enumerable: false, configurable: true, writable: true } };
  Object.setPrototypeOf(process.env, Object.create(above, hidden));
}
