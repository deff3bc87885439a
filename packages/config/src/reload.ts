import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';
import { KEYS, type Key, OPTIONS } from './options.ts';

/** What differs between two configurations, and what of that a reload cannot bring about. */
export function reloadDifferences(old: Config, next: Config): { changed: Key[]; needRestart: Key[] } {
  const changed = KEYS.filter((key) => !isDeepStrictEqual(comparable(old[key]), comparable(next[key])));
  return { changed, needRestart: changed.filter((key) => !OPTIONS[key].reloadable) };
}

/** A config file that is imported again has new functions: hooks are told apart by their source. */
const comparable = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, typeof inner === 'function' ? String(inner) : inner]),
  );
};
