/** One option, declared once. Flags, environment, file, help, docs, schema and types all derive from it. */
import type { Kind } from './kinds.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The sources of a default that depends on the machine. */
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
  /** The name without the dashes; `undefined` for none. By default it is the key in kebab case. */
  readonly flag?: string | undefined;
  readonly short?: string;
  /** The value may begin with a dash, which otherwise begins the next flag. */
  readonly dashed?: true;
  /** Variables besides `TSHORN_<KEY>`, which comes first; `none` where text cannot express the value. */
  readonly alsoEnv?: readonly string[] | 'none';
  /** `required`: there is no default. */
  readonly default: Value | Computed<Value> | 'required';
  /** The default with `--watch`, where development wants another one. */
  readonly watchDefault?: Value;
  /** One sentence for the help text. */
  readonly summary: string;
  /** More for the docs: when to change it, limits, links. */
  readonly details?: string;
  /** How to mend a wrong value, where the expected one does not say it. */
  readonly fix?: string;
  /** A reload may change it; the others need a restart. */
  readonly reloadable: boolean;
  /** Each worker is sent the value with its boot order, as `options.<key>`. */
  readonly worker?: true;
}

export type Rows = Readonly<Record<string, Row<unknown>>>;

/** The type of an option's value: that of its kind. */
export type ValueOf<R> = R extends { readonly kind: Kind<infer Value> } ? Value : never;

export interface Section<R extends Rows = Rows> {
  readonly title: string;
  readonly rows: R;
}

/** A default that is no value of the row's kind fails compilation here. */
export const section = <const R extends Rows>(
  title: string,
  rows: R & { readonly [K in keyof R]: Row<ValueOf<R[K]>> },
): Section<R> => ({ title, rows });

export const isComputed = <Value>(value: Row<Value>['default']): value is Computed<Value> =>
  typeof value === 'object' && value !== null && 'compute' in value;
