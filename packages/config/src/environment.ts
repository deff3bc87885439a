import type { Given } from './given.ts';
import { didYouMean } from './nearest.ts';
import { EVERY_OPTION, type Option } from './options.ts';
import { type Environment, isComputed } from './row.ts';

/** The master and its workers talk to each other through variables that start so. */
const INTERNAL = 'TSHORN_INTERNAL_';
/** A worker's slot: an app that starts a tshorn of its own passes it on. */
const SLOT = 'TSHORN_SLOT';

/** An empty variable counts as unset, except where empty is a value. */
export function readEnvironment(env: Environment, base: string): Given[] {
  return EVERY_OPTION.flatMap(({ key, row: { kind }, env: names }) => {
    const name = names.find(
      (candidate) => env[candidate] !== undefined && (env[candidate] !== '' || kind.none),
    );
    if (name === undefined) return [];
    const text = env[name] ?? '';
    const input = kind.list
      ? text
          .split(kind.separator ?? ',')
          .map((item) => item.trim())
          .filter(Boolean)
      : text;
    return [{ key, input, origin: `environment ${name}`, place: name, base } satisfies Given];
  });
}

/** A variable that looks like ours and is none: likely a typo, but it may be there for another version. */
export function environmentWarnings(env: Environment): string[] {
  const known = [SLOT, ...EVERY_OPTION.flatMap((option) => option.env)];
  return Object.keys(env)
    .filter((name) => name.startsWith('TSHORN_') && !name.startsWith(INTERNAL) && !known.includes(name))
    .map((name) => `${name}: no option has this variable${didYouMean(name, known)}`);
}

/** Which variable a default was taken from, if any. */
export const defaultOrigin = (row: Option['row'], env: Environment) =>
  isComputed(row.default) && row.default.reads !== undefined && env[row.default.reads]
    ? (`environment ${row.default.reads}` as const)
    : 'default';
