/** A value that somebody gave for an option, before it is checked, and where it stood. */
import { inspect } from 'node:util';
import { TshornError } from '@tshorn/core';
import { type Kind, WrongValue } from './kinds.ts';
import { didYouMean } from './nearest.ts';
import { type Config, type Key, OPTIONS } from './options.ts';
import type { Row } from './row.ts';

/** `--watch`: the default of watch mode. */
export type Origin =
  | 'default'
  | '--watch'
  | 'command line'
  | 'start()'
  | `environment ${string}`
  | `file ${string}`;

export interface Given {
  readonly key: Key;
  readonly input: unknown;
  readonly origin: Origin;
  /** How an error names it: `--workers`, `TSHORN_WORKERS`, `/srv/tshorn.config.js: workers`. */
  readonly place: string;
  /** The directory that a relative path starts from. */
  readonly base: string;
}

/** @throws TshornError naming the place, what it got and what is expected */
export function readGiven({ key, input, place }: Given): Config[Key] {
  const { kind, fix }: Row<unknown> = OPTIONS[key];
  try {
    return readValue(kind, input, place, fix) as Config[Key];
  } catch (error) {
    const isElsewhere = error instanceof TshornError && !error.message.startsWith(`${place}: `);
    throw isElsewhere ? movedTo(place, key, error) : error;
  }
}

/**
 * Reads one value.
 * @param place how an error names it
 * @param fix how to mend a wrong one
 * @throws TshornError ERR_OPTION with the place, what it got and what is expected; what `kind.parse` throws besides
 */
export function readValue<Value>(kind: Kind<Value>, input: unknown, place: string, fix?: string): Value {
  try {
    return kind.parse(kind.none && (input === false || input === null) ? '' : input);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    const hint = didYouMean(String(input), kind.choices ?? []);
    const why = error.message || `expected ${kind.expected}${hint}`;
    const mended = error.fix ?? fix;
    throw new TshornError(
      'ERR_OPTION',
      `${place}: got ${show(input)}; ${why}`,
      mended === undefined ? {} : { fix: mended },
    );
  }
}

/** The checks of core and of hooks name the key; a person has to know where it stands. */
const movedTo = (place: string, key: Key, { code, message, fix }: TshornError) =>
  new TshornError(
    code,
    message.startsWith(key) ? place + message.slice(key.length) : `${place}: ${message}`,
    {
      ...(fix !== undefined && { fix }),
    },
  );

const show = (input: unknown): string => {
  if (typeof input === 'function') return 'a function';
  // A flag that may be given several times.
  const isTexts = Array.isArray(input) && input.length > 0 && input.every((item) => typeof item === 'string');
  if (isTexts) return input.map((item) => JSON.stringify(item)).join(', ');
  return typeof input === 'string' ? JSON.stringify(input) : inspect(input, { depth: 1, breakLength: 72 });
};
