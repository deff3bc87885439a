/** Uses the directory that the master has chosen for this release: master/src/compile-cache.ts. */
import module from 'node:module';

/** From Node 22.1 on; the types are those of the oldest Node. */
const edge = module as {
  enableCompileCache?: (directory: string) => unknown;
  /** From Node 22.10 on; before that the cache is written when the process exits by itself. */
  flushCompileCache?: () => void;
};

export const useCompileCache = (directory: string): void => void edge.enableCompileCache?.(directory);

/** Writes what has been compiled since: takes some milliseconds for the first worker of a release. */
export const writeCompileCache = (): void => edge.flushCompileCache?.();
