/** The options that a reload cannot change, held at their running values. */
import { isDeepStrictEqual } from 'node:util';
import { type Config, KEYS, type Key, OPTIONS } from './options.ts';
import type { Resolved } from './resolve.ts';

/**
 * Returns what a reload has read, with the running value of every option that its row calls not reloadable, and the
 * keys of those that differ. They differ at every reload until a restart applies them.
 */
export function keepUnreloadable(
  running: Resolved,
  read: Resolved,
): { readonly resolved: Resolved; readonly needRestart: readonly Key[] } {
  const kept = KEYS.filter((key) => !OPTIONS[key].reloadable);
  const needRestart = kept.filter((key) => !isDeepStrictEqual(running.config[key], read.config[key]));
  const runningOf = (values: Readonly<Record<Key, unknown>>) =>
    Object.fromEntries(kept.map((key) => [key, values[key]]));
  const config = { ...read.config, ...runningOf(running.config) } as Config;
  return {
    resolved: {
      ...read,
      config,
      origins: { ...read.origins, ...runningOf(running.origins) } as Resolved['origins'],
    },
    needRestart,
  };
}
