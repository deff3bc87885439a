/** The words about an option that help, docs and schema share. */
import { type Kind, NONE } from '../kinds.ts';
import type { Option } from '../options.ts';
import { isComputed } from '../row.ts';

/** The default in words, the same on every machine; undefined when there is none to speak of. */
export function describeDefault({ row }: Option): string | undefined {
  if (row.default === 'required') return undefined;
  if (isComputed(row.default)) return row.default.inWords;
  const text = row.kind.format(row.default);
  return text === NONE ? 'none' : text;
}

/** The value as it follows its flag: ` HOST`, or `[=HOST]` where the next word is never the value. */
export const describeValue = ({ meta, alone }: Pick<Kind<unknown>, 'meta' | 'alone'>): string =>
  alone && !alone.next ? `[=${meta}]` : ` ${meta}`;

/** The default of watch mode in words; undefined where it is the usual one. */
export const describeWatchDefault = ({ row }: Option): string | undefined =>
  'watchDefault' in row ? row.kind.format(row.watchDefault) : undefined;
