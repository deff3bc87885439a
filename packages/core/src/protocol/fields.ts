/**
 * The parts that message tables are made of. Each field checks one value and has the TypeScript type of what it
 * lets through, so that the type of a message is inferred from its row and the two cannot differ.
 *
 * The app shares the worker's process and may send anything: texts are bounded and free of control characters,
 * numbers are finite and in range, and fields that no row names are dropped.
 */

/** Reads one value. Returns what it lets through; throws a Misfit for all else. */
export type Field<Value> = (value: unknown) => Value;

export interface OptionalField<Value> extends Field<Value> {
  readonly optional: true;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

export type ValueOf<F> = F extends Field<infer Value> ? Value : never;

type Flat<T> = { [K in keyof T]: T[K] };

/** The type of a row of fields. */
export type Row<F extends Fields> = Flat<
  {
    readonly [K in keyof F as F[K] extends OptionalField<unknown> ? never : K]: ValueOf<F[K]>;
  } & {
    readonly [K in keyof F as F[K] extends OptionalField<unknown> ? K : never]?: ValueOf<F[K]>;
  }
>;

/** A value that does not fit. No Error: a flood of malformed messages must not cost a stack trace each. */
export class Misfit {
  readonly expected: string;
  readonly path: readonly string[];

  constructor(expected: string, path: readonly string[] = []) {
    this.expected = expected;
    this.path = path;
  }

  within(name: string): Misfit {
    return new Misfit(this.expected, [name, ...this.path]);
  }
}

function inside<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof Misfit ? error.within(name) : error;
  }
}

/** An object with these fields; others are dropped. */
export function row<F extends Fields>(fields: F): Field<Row<F>> {
  const entries = Object.entries(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null) throw new Misfit('an object');
    const result: Record<string, unknown> = {};
    for (const [name, field] of entries) {
      const given = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
      if (given === undefined && 'optional' in field) continue;
      result[name] = inside(name, () => field(given));
    }
    return result as Row<F>;
  };
}

export const optional = <Value>(field: Field<Value>): OptionalField<Value> =>
  Object.assign((value: unknown) => field(value), { optional: true as const });

export const bool: Field<boolean> = (value) => {
  if (typeof value !== 'boolean') throw new Misfit('a boolean');
  return value;
};

/** One of these texts or booleans, and nothing else. */
export const literal =
  <const Value extends string | boolean>(...values: Value[]): Field<Value> =>
  (value) => {
    if (!values.includes(value as Value)) throw new Misfit(`one of ${values.map(String).join(', ')}`);
    return value as Value;
  };

/** A whole number from 0. */
export const count =
  (most = Number.MAX_SAFE_INTEGER): Field<number> =>
  (value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
      throw new Misfit(most === Number.MAX_SAFE_INTEGER ? 'a whole number' : `a whole number up to ${most}`);
    }
    return value as number;
  };

/** About 30 years: more is no duration, and a text of it would be one of a hundred digits. */
const LONGEST_MS = 1e12;

/** Milliseconds, parts of them included. */
export const ms: Field<number> = (value) => {
  if (!(typeof value === 'number' && value >= 0 && value <= LONGEST_MS)) throw new Misfit('milliseconds');
  return value;
};

/**
 * C0 and C1 control characters, line separators, and those that reorder a line: a terminal obeys them, and a log
 * line is to be one line (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
 */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const BREAKS = /[\t\r\n\u2028\u2029]+/g;

const cutAt = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}...` : text;

/** One line of text, fit for a log and a terminal. Control characters go; a longer text is cut. */
export const oneLine = (text: string, most: number): string =>
  // Cut first: a text of megabytes is not searched to its end.
  cutAt(text, most).replace(BREAKS, ' ').replace(CONTROL, '');

const string = (value: unknown): string => {
  if (typeof value !== 'string') throw new Misfit('a text');
  return value;
};

/** One line for people; see oneLine. */
export const line =
  (most = 2_000): Field<string> =>
  (value) =>
    oneLine(string(value), most);

/** A text that has several lines by nature: a stack, a parser's excerpt. */
export const lines =
  (most = 16_000): Field<string> =>
  (value) =>
    cutAt(string(value), most)
      .replaceAll('\r\n', '\n')
      .replace(CONTROL, (character) => (character === '\n' || character === '\t' ? character : ''));

/** A text that names something and must arrive as it is: one with a control character is refused, not changed. */
export const name =
  (most: number): Field<string> =>
  (value) => {
    const text = string(value);
    if (text.length > most || oneLine(text, most) !== text)
      throw new Misfit(`a name of ${most} characters at most`);
    return text;
  };

/** A text that nobody reads but the app or the kernel. It must not be shown. */
export const opaque =
  (most: number): Field<string> =>
  (value) => {
    const text = string(value);
    if (text.length > most) throw new Misfit(`a text of ${most} characters at most`);
    return text;
  };

export const list =
  <Value>(field: Field<Value>, most: number): Field<readonly Value[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > most) throw new Misfit(`a list of ${most} at most`);
    return value.map((item, at) => inside(String(at), () => field(item)));
  };

/** Exactly so many counts: a histogram. */
export const counts = (length: number): Field<readonly number[]> => {
  const each = list(count(), length);
  return (value) => {
    const numbers = each(value);
    if (numbers.length !== length) throw new Misfit(`${length} whole numbers`);
    return numbers;
  };
};

/** A log line and a status have room for this many. */
const MOST_REASONS = 32;
const REASON = /^[a-z][a-z0-9.-]{0,31}$/;

/** Numbers by reason. `constructor` is no reason: in a plain object it is there already. */
export const tally: Field<Readonly<Record<string, number>>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Misfit('numbers by reason');
  const entries = Object.entries(value);
  if (entries.length > MOST_REASONS) throw new Misfit(`${MOST_REASONS} reasons at most`);
  const number = count();
  return Object.fromEntries(
    entries.map(([reason, n]) => {
      if (!REASON.test(reason) || reason in Object.prototype)
        throw new Misfit('reasons of a to z, 0 to 9, - and .');
      return [reason, inside(reason, () => number(n))];
    }),
  );
};

/** A value of JSON that an option of a worker may have. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

/** Deeper than the value of any option. */
const DEEPEST = 4;

const plainValue = (value: unknown, depth: number): Plain => {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object' || value === null || depth === DEEPEST) throw new Misfit('a plain value');
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1));
  return plainRecord(value, depth + 1);
};

const plainRecord = (value: object, depth: number): { readonly [name: string]: Plain } =>
  Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, inside(name, () => plainValue(item, depth))]),
  );

/** Plain values by name. Who reads them knows their types: the other side of the table that they come from. */
export const record: Field<{ readonly [name: string]: Plain }> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Misfit('plain values by name');
  return plainRecord(value, 0);
};
