/** The values of the options that nobody gave. In watch mode (`--watch`) some rows have another default. */
import { defaultOrigin } from './environment.ts';
import { type Given, type Origin, readGiven } from './given.ts';
import { EVERY_OPTION, type Key } from './options.ts';
import { type DefaultContext, isComputed } from './row.ts';

interface Defaults {
  readonly values: Record<string, unknown>;
  readonly origins: Record<Key, Origin>;
}

/** False for the origin of a value that somebody gave. */
export const isDefault = (origin: Origin): boolean => origin === 'default' || origin === '--watch';

/**
 * A default is computed only where nothing is given: a broken PORT is no matter to a given address.
 * @param watching in watch mode; as the layers say, where it is not given
 * @throws TshornError ERR_OPTION naming a broken variable, or a wrong value of `watch`
 */
export function defaultsFor(
  context: DefaultContext,
  layers: readonly Given[],
  watching = isWatching(layers),
): Defaults {
  const values: Defaults['values'] = {};
  const origins = {} as Defaults['origins'];
  for (const { key, row } of EVERY_OPTION) {
    origins[key] = 'default';
    if (row.default === 'required') continue;
    if (watching && 'watchDefault' in row) {
      values[key] = row.watchDefault;
      origins[key] = '--watch';
    } else if (!isComputed(row.default)) values[key] = row.default;
    else if (!layers.some((given) => given.key === key)) {
      values[key] = row.default.compute(context);
      origins[key] = defaultOrigin(row, context.env);
    }
  }
  return { values, origins };
}

function isWatching(layers: readonly Given[]): boolean {
  const given = layers.findLast(({ key }) => key === 'watch');
  return given !== undefined && readGiven(given) === true;
}
