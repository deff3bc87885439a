/** The line of the log about a compile cache that cannot be used: that of the app, and that of tshorn itself. */
import { describeThrown } from '@tshorn/core';
import type { Logger } from './log.ts';
import { UnsafeDirectory } from './private-directory.ts';

/** Problems that have been logged: each worker would find them again. */
const told = new WeakMap<Logger, Set<string>>();

/** @param error of the file system, or UnsafeDirectory */
export function logNoCache(log: Logger, error: unknown): void {
  const isUnsafe = error instanceof UnsafeDirectory;
  const problem = isUnsafe ? error.message : describeThrown(error);
  const known = told.get(log) ?? new Set();
  if (known.has(problem)) return;
  told.set(log, known.add(problem));
  // A read-only disk is a choice; a directory that another user can change may be an attack.
  log[isUnsafe ? 'warn' : 'debug'](
    { event: 'no-compile-cache' },
    `no compile cache, workers start slower: ${problem}; name a safe directory with CACHE_DIRECTORY, or say --no-compile-cache`,
  );
}
