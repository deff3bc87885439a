import yargsParser from 'yargs-parser';
import type { Alone } from './kinds.ts';

export type Parsed = Record<string, unknown> & { _: (string | number)[] };

/** Words reach the options as they were typed. For yargs and its parser alike. */
export const PARSING = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
} as const;

export interface Flags {
  /** Without the dashes. */
  readonly withValue: readonly string[];
  /** Those of them whose value may begin with a dash. */
  readonly dashed?: readonly string[];
  /** Those of them that may stand without a value. */
  readonly optional?: ReadonlyMap<string, Alone>;
  readonly alone: readonly string[];
  /** From the letter to the flag. */
  readonly shorts: Readonly<Record<string, string>>;
}

/**
 * Reads flags with the parser of yargs alone: docs/decisions/command-line.md. Unknown flags are in `parsed` like the
 * others; `missing` is a flag without its value.
 */
export function parseFlags(
  words: readonly string[],
  { withValue, dashed = [], optional = new Map(), alone, shorts }: Flags,
): { parsed: Parsed; missing?: string | undefined } {
  const { argv, error } = yargsParser.detailed(completed(joined(words, dashed), optional), {
    string: [...withValue],
    boolean: [...alone],
    narg: Object.fromEntries(withValue.map((flag) => [flag, 1])),
    // The name to keep comes first: the others are stripped.
    alias: Object.fromEntries(Object.entries(shorts).map(([short, flag]) => [flag, [short]])),
    configuration: PARSING,
  });
  return { parsed: argv, missing: /following: (.+)$/.exec(error?.message ?? '')?.[1] ?? error?.message };
}

/** `--flag` as `--flag=VALUE` where it stands alone: otherwise the next word would be taken for its value. */
function completed(words: readonly string[], flags: NonNullable<Flags['optional']>): string[] {
  return words.map((word, at) => {
    const alone = word.startsWith('--') ? flags.get(word.slice(2)) : undefined;
    if (!alone || alone.next?.test(words[at + 1] ?? '')) return word;
    return `${word}=${alone.value}`;
  });
}

/** `--flag VALUE` as one word, which the parser does not take for two flags. */
function joined(words: readonly string[], flags: readonly string[]): string[] {
  const names = flags.map((flag) => `--${flag}`);
  const isName = (word = '') => names.includes(word);
  return words.flatMap((word, at) => {
    if (isName(words[at - 1])) return [];
    return isName(word) && at + 1 < words.length ? [`${word}=${words[at + 1]}`] : [word];
  });
}
