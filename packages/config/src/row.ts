/** One option, declared once. Flags, environment, file, help, docs and schema all derive from it. */
import type { Config } from './config.ts';
import type { Kind } from './kinds.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a default comes from when it depends on the machine. */
export interface DefaultContext {
  readonly env: Environment;
  /** The directory that the command was given in. */
  readonly cwd: string;
}

export interface Computed<Value> {
  readonly compute: (context: DefaultContext) => Value;
  /** The same in words; docs must not depend on the machine that generates them. */
  readonly inWords: string;
  /** An environment variable that this default reads. */
  readonly reads?: string;
}

export interface Row<Value> {
  readonly kind: Kind<Value>;
  /** Without the dashes. `undefined`: it has none. By default it is the key in kebab case. */
  readonly flag?: string | undefined;
  readonly short?: string;
  /** Variables besides `TSHORN_<KEY>`, which comes first; `none` where text cannot express the value. */
  readonly alsoEnv?: readonly string[] | 'none';
  /** `required`: there is no default. */
  readonly default: Value | Computed<Value> | 'required';
  /** One sentence for the help text. */
  readonly summary: string;
  /** What more there is to say, for the docs. */
  readonly details?: string;
  /** Whether a reload may change it; the others need a restart. */
  readonly reloadable: boolean;
}

export interface Section<Key extends keyof Config> {
  readonly title: string;
  readonly rows: { readonly [K in Key]: Row<Config[K]> };
}

export const section = <Key extends keyof Config>(
  title: string,
  rows: { readonly [K in Key]: Row<Config[K]> },
): Section<Key> => ({ title, rows });

export const isComputed = <Value>(value: Row<Value>['default']): value is Computed<Value> =>
  typeof value === 'object' && value !== null && 'compute' in value;
