/** The worker's side of the compile cache. master/src/compile-cache.ts chooses the directory. */
import module from 'node:module';

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
