/** Where compiled code is kept: that of an app (compile-cache.ts), and that of tshorn itself (own-code.ts). */
import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';

/** Where a compile cache lies. */
export interface CachePlace {
  readonly base: string;
  /** Directories below `base`, made by tshorn. */
  readonly names: readonly string[];
}

/**
 * `$CACHE_DIRECTORY` is systemd's; of several, separated by colons, the first one is taken.
 * @param shared directories of other users lie in it, so that it has to let them through
 */
export function cachePlaceOf(
  { CACHE_DIRECTORY, XDG_CACHE_HOME }: NodeJS.ProcessEnv,
  shared: boolean,
): CachePlace {
  const [given] = (CACHE_DIRECTORY ?? '').split(':');
  const base = [given, XDG_CACHE_HOME].find((directory) => directory && isAbsolute(directory));
  if (base) return { base, names: [shared ? 'tshorn-users' : 'tshorn'] };
  const own = `tshorn-${process.geteuid?.()}`;
  return { base: tmpdir(), names: shared ? [`${own}-users`] : [own, 'compiled'] };
}
