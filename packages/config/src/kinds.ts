/** The kinds of value that an option takes: how each is read, written, and described. */
import type { Share } from '@tshorn/core';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';

export interface Kind<Value> {
  /** Stands for the value in help: `N` in `--workers N`. */
  readonly meta: string;
  /** The words after "expected" in an error. */
  readonly expected: string;
  /** Reads an input, which may be anything. @throws WrongValue, or a TshornError that says more */
  parse(input: unknown): Value;
  format(value: Value): string;
  /** The TypeScript type of what a config file may hold. */
  readonly input: string;
  /** The JSON schema of what a config file may hold; undefined for what only JavaScript can express. */
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  /** May be given several times. */
  readonly list?: true;
  /** Stands between the items of a list in an environment variable; a comma where it is absent. */
  readonly separator?: string;
  /** `''` is a value and means none; `--no-NAME` says the same, and `false` and `null` where a config file can hold them. */
  readonly none?: true;
  /** Every text that is a value, where there are a few. */
  readonly choices?: readonly string[];
  /** A shell completes the value as a path. */
  readonly path?: true;
  /** The flag may stand without a value. */
  readonly alone?: Alone;
}

export interface Alone {
  /** The value that `--NAME` alone stands for. */
  readonly value: string;
  /** The next word is the value where it looks like this; any other value is given as `--NAME=VALUE`. */
  readonly next?: RegExp;
}

/** The input does not fit. The caller knows the option and its place, and words the error. */
export class WrongValue extends Error {
  readonly fix: string | undefined;

  /**
   * @param mistake in place of what is expected, where the input shows what was meant
   * @param fix how to mend that mistake
   */
  constructor(mistake?: string, fix?: string) {
    super(mistake);
    this.fix = fix;
  }
}

/** An absent value where values are printed; a file may well be called `none`. */
export const NONE = '(none)';

const orWrong = <T>(value: T | undefined): T => {
  if (value === undefined) throw new WrongValue();
  return value;
};

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): Kind<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  return {
    meta: 'N',
    input: 'number',
    expected: `a whole number ${range}`,
    parse(input) {
      const number = typeof input === 'string' && /^\d+$/.test(input.trim()) ? Number(input) : input;
      const fits = typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max;
      return orWrong(fits ? number : undefined);
    },
    format: String,
    schema: {
      type: 'integer',
      minimum: min,
      ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }),
    },
  };
}

/** @param above refuses zero, where it would make every start fail */
export function duration(above?: 'above zero'): Kind<number> {
  return {
    meta: 'DURATION',
    input: 'Duration',
    expected: `a duration${above ? ' above zero' : ''} such as 30 (seconds), 500ms, 30s, 2m or 1h, of 24 days at most`,
    parse(input) {
      const ms = parseDuration(input);
      return orWrong(above && ms === 0 ? undefined : ms);
    },
    format: formatDuration,
    schema: {
      oneOf: [
        { type: 'number', [above ? 'exclusiveMinimum' : 'minimum']: 0, description: 'seconds' },
        { type: 'string', pattern: DURATION_PATTERN.source },
      ],
    },
  };
}

/** Zero is off; anything else is at least `leastMs`. */
export function durationOrOff(leastMs: number): Kind<number> {
  const any = duration();
  return {
    ...any,
    expected: `0 for off, or a duration of at least ${formatDuration(leastMs)} such as 30 (seconds), 30s or 2m`,
    parse(input) {
      const ms = any.parse(input);
      return orWrong(ms === 0 || ms >= leastMs ? ms : undefined);
    },
  };
}

/** As in Kubernetes: a number of workers, or a percentage of them. */
export const share: Kind<Share> = {
  meta: 'N|N%',
  input: 'number | string',
  expected: 'a number of workers such as 2, or a percentage such as 25%',
  parse(input) {
    const match = /^(\d{1,6})(%?)$/.exec(typeof input === 'number' ? String(input) : String(input).trim());
    const number = Number(orWrong(match?.[1]));
    if (!match?.[2]) return { count: number };
    return { percent: orWrong(number <= 100 ? number : undefined) };
  },
  format: (value) => ('count' in value ? String(value.count) : `${value.percent}%`),
  schema: {
    oneOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^\\d+%?$' },
    ],
  },
};

/** `share`, or the word for what the machine has room for. */
export const shareOrAuto: Kind<Share | 'auto'> = {
  ...share,
  meta: 'auto|N|N%',
  expected: `"auto", ${share.expected}`,
  parse: (input) => (input === 'auto' ? input : share.parse(input)),
  format: (value) => (value === 'auto' ? value : share.format(value)),
  schema: { anyOf: [{ const: 'auto' }, share.schema] },
};

/** A percentage, with or without its sign; zero is off. */
export const percentOrOff: Kind<number> = {
  meta: 'N%',
  input: 'number | string',
  expected: '0 for off, or a percentage from 1% to 99% such as 92 or 92%',
  parse(input) {
    const match = /^(\d{1,2})\s*%?$/.exec(typeof input === 'number' ? String(input) : String(input).trim());
    return Number(orWrong(match?.[1]));
  },
  format: (value) => (value === 0 ? '0' : `${value}%`),
  schema: {
    oneOf: [
      { type: 'integer', minimum: 0, maximum: 99 },
      { type: 'string', pattern: '^\\d{1,2} *%?$' },
    ],
  },
};

/** A percentage, with or without its sign. */
export const percent = (min: number, max: number): Kind<number> => ({
  meta: 'N%',
  input: 'number | string',
  expected: `a percentage from ${min}% to ${max}% such as ${min}%`,
  parse(input) {
    const match = /^(\d{1,3})\s*%?$/.exec(typeof input === 'number' ? String(input) : String(input).trim());
    const number = Number(orWrong(match?.[1]));
    return orWrong(number >= min && number <= max ? number : undefined);
  },
  format: (value) => `${value}%`,
  schema: {
    oneOf: [
      { type: 'integer', minimum: min, maximum: max },
      { type: 'string', pattern: '^\\d+ *%?$' },
    ],
  },
});

/** `--NAME` alone says yes, and `--no-NAME` no. */
export const yesNo: Kind<boolean> = {
  meta: 'yes|no',
  input: 'boolean',
  expected: 'yes or no',
  parse(input) {
    if (input === true || input === 'yes' || input === 'true' || input === '1') return true;
    if (input === false || input === 'no' || input === 'false' || input === '0' || input === '') return false;
    throw new WrongValue();
  },
  format: (value) => (value ? 'yes' : 'no'),
  schema: { type: 'boolean' },
  none: true,
  alone: { value: 'yes', next: /^(?:yes|no|true|false|[01])$/ },
  choices: ['yes', 'no'],
};

export const oneOf = <const Name extends string>(...names: Name[]): Kind<Name> => ({
  meta: names.join('|'),
  input: names.map((name) => `'${name}'`).join(' | '),
  expected: `one of ${names.join(', ')}`,
  parse: (input) => orWrong(names.find((name) => name === input)),
  format: String,
  schema: { enum: names },
  choices: names,
});

export const text = (meta: string, expected: string, pattern = /^[^\0]+$/): Kind<string> => ({
  meta,
  input: 'string',
  expected,
  parse: (input) => orWrong(typeof input === 'string' && pattern.test(input) ? input : undefined),
  format: String,
  schema: { type: 'string', minLength: 1 },
});

/** Lets `''` stand for none of it. */
export const orNone = <Value, None>(kind: Kind<Value>, none: None): Kind<Value | None> => ({
  ...kind,
  expected: `${kind.expected}, or '' for none`,
  parse: (input) => (input === '' || input === null ? none : kind.parse(input)),
  format: (value) => (value === none ? NONE : kind.format(value as Value)),
  schema: { anyOf: [kind.schema, { const: '' }] },
  none: true,
});

/** Text only: the number 660 of a JSON file and the 0o660 of a script would mean different things. */
export const octal: Kind<number> = {
  meta: 'MODE',
  input: 'string',
  expected: 'permissions in octal, as text, such as "660"',
  parse(input) {
    const match = typeof input === 'string' ? /^(?:0o?)?([0-7]{2,3})$/.exec(input) : null;
    return Number.parseInt(orWrong(match?.[1]), 8);
  },
  format: (mode) => mode.toString(8).padStart(3, '0'),
  schema: { type: 'string', pattern: '^(0o?)?[0-7]{2,3}$' },
};

/** The permissions that are removed from new files. */
export const umask: Kind<number> = {
  ...octal,
  meta: 'MASK',
  expected: 'a umask in octal, as text, such as "022"',
};

export const texts: Kind<readonly string[]> = {
  meta: 'ARG...',
  input: 'readonly string[]',
  expected: 'a list of texts',
  parse(input) {
    const fits = Array.isArray(input) && input.every((item) => typeof item === 'string');
    return orWrong(fits ? (input as string[]) : undefined);
  },
  format: (value) => (value.length === 0 ? NONE : value.map((item) => JSON.stringify(item)).join(' ')),
  schema: { type: 'array', items: { type: 'string' } },
  list: true,
};

const PATH = /^\/[\x21-\x7e]*$/;

/** Paths to ask for; one text may hold several with commas between. */
export const paths: Kind<readonly string[]> = {
  meta: 'PATH,...',
  input: 'string | readonly string[]',
  expected: 'paths that start with "/", with commas between, such as "/,/api/items"',
  parse(input) {
    const items: unknown[] = Array.isArray(input) ? input : [input];
    return items
      .flatMap((item) => orWrong(typeof item === 'string' ? item : undefined).split(','))
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map((item) => orWrong(PATH.test(item) ? item : undefined));
  },
  format: (value) => (value.length === 0 ? NONE : value.join(',')),
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string', pattern: PATH.source } }] },
  list: true,
  none: true,
};

/** A client does not send what follows a "#". */
const PLAIN_PATH = /^\/[\x21\x22\x24-\x29\x2b-\x3e\x40-\x7e]*$/;

/** Paths that requests are compared with, each as a whole. */
export const wholePaths: Kind<readonly string[]> = {
  ...paths,
  expected:
    'whole paths that start with "/", without a query, "#" and "*", with commas between, such as "/healthz,/metrics"',
  parse: (input) => paths.parse(input).map((item) => orWrong(PLAIN_PATH.test(item) ? item : undefined)),
  schema: {
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string', pattern: PLAIN_PATH.source } }],
  },
};
