/** The worker's side of the compile cache, and of its own code. master/src/compile-cache.ts and own-code.ts choose the places. */
import fs from 'node:fs';
import module from 'node:module';
import { keepCompiled, type Program } from '@tshorn/core';

/** Node 22.1 and newer; the types are those of the oldest Node. */
const edge = module as {
  enableCompileCache?: (directory: string) => unknown;
  /** Node 22.10 and newer; an older one writes the cache when the process exits by itself. */
  flushCompileCache?: () => void;
};

/** The directory is one that no other user can change. */
export const useCompileCache = (directory: string): void => void edge.enableCompileCache?.(directory);

/** Writes the code compiled so far. The first worker of a release takes some milliseconds for it. */
export const writeCompileCache = (): void => edge.flushCompileCache?.();

/**
 * Writes the compiled code of the worker's own program. Without it the next worker compiles that again.
 * @param asked the file that the master has missed; undefined: only one that this worker has removed
 */
export function keepOwnCode(program: Program, asked: string | undefined): void {
  const file = asked ?? program.refused?.file;
  try {
    // One of the workers that have removed it is enough.
    if (file !== undefined && !fs.existsSync(file)) keepCompiled(program, file);
  } catch {
    // A full disk, or a directory that is gone: the app is served all the same.
  }
}
