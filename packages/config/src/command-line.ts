/** The command line: which flags there are, and what one said. Never prints and never exits. */
import { TshornError } from '@tshorn/core';
import { isOfNode, meantBy, withNodeOptions } from './elsewhere.ts';
import type { Given } from './given.ts';
import { didYouMean, nearest } from './nearest.ts';
import { COMMAND_FLAGS, EVERY_OPTION } from './options.ts';
import { type Parsed, parseFlags } from './parse-flags.ts';

export interface CommandLine {
  readonly given: readonly Given[];
  /** `--config FILE`, as written. */
  readonly file: string | undefined;
  /** `--version --json` */
  readonly json: boolean;
  /** Likely mistakes, one line each. */
  readonly warnings: readonly string[];
  readonly asks: 'help' | 'version' | 'check-config' | 'print-config' | 'serve';
}

const FLAGGED = EVERY_OPTION.filter((option) => option.flag !== undefined);
const WITH_VALUE = [...FLAGGED.map(({ flag }) => flag as string), 'config'];
const DASHED = FLAGGED.filter(({ row }) => row.dashed).map(({ flag }) => flag as string);
const OPTIONAL = new Map(
  FLAGGED.flatMap(({ flag, row: { kind } }) => (kind.alone ? [[flag as string, kind.alone] as const] : [])),
);
const NEGATED = FLAGGED.filter(({ row }) => row.kind.none).map(({ flag }) => `no-${flag}`);
const ASKS = ['help', 'version', 'check-config', 'print-config'] as const;
const ALL_FLAGS = [...WITH_VALUE, ...ASKS, ...NEGATED];

const SHORTS = Object.fromEntries([
  ...FLAGGED.flatMap(({ flag, row }) => (row.short ? [[row.short, flag]] : [])),
  ...COMMAND_FLAGS.flatMap((row) => ('short' in row ? [[row.short, row.flag]] : [])),
]);

/** True where a word is a flag of the server whose value is the next word: `--workers 2`, and not `--workers=2`. */
export function takesNext(word: string, next: string): boolean {
  const flag = word.startsWith('--')
    ? word.slice(2)
    : word.startsWith('-')
      ? SHORTS[word.slice(1)]
      : undefined;
  if (flag === undefined) return false;
  const alone = OPTIONAL.get(flag);
  return alone ? alone.next?.test(next) === true : WITH_VALUE.includes(flag);
}

/**
 * @param base the directory that relative paths start from
 * @param also flags that a misspelt one may stand for besides the server's own, with their dashes
 * @throws TshornError ERR_OPTION for a flag that does not exist or lacks its value
 */
export function readCommandLine(
  argv: readonly string[],
  base: string,
  also: readonly string[] = [],
): CommandLine {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const { parsed, missing } = parseFlags(words, {
    withValue: WITH_VALUE,
    dashed: DASHED,
    optional: OPTIONAL,
    alone: [...ASKS, ...NEGATED],
    shorts: SHORTS,
  });

  const asks = ASKS.find((flag) => parsed[flag]) ?? 'serve';
  const json = parsed.json === true;
  if (asks === 'help' || asks === 'version') return { given: [], file: undefined, json, warnings: [], asks };
  refuseUnknown(parsed, words, also);
  if (missing !== undefined) throw missingValue(missing);

  const give = (key: Given['key'], place: string, input: unknown): Given => ({
    key,
    input,
    place,
    base,
    origin: 'command line',
  });
  const given = FLAGGED.flatMap(({ key, flag, row: { kind } }) => {
    if (parsed[`no-${flag}`] === true) return [give(key, `--no-${flag}`, '')];
    const values = [parsed[flag as string] ?? []].flat();
    return values.length === 0 ? [] : [give(key, `--${flag}`, kind.list ? values : values.at(-1))];
  });
  const [app, ...others] = parsed._;
  if (others.length > 0) throw secondApp(String(app), String(others[0]));
  if (app !== undefined) given.push(give('app', 'APP', app));
  if (end !== -1) given.push(give('appArgs', '--', argv.slice(end + 1)));
  return {
    given,
    file: [parsed.config ?? []].flat().at(-1) as string | undefined,
    json,
    warnings: repeated(parsed),
    asks,
  };
}

/** A list is made of them; of any other option only the last one counts. */
const repeated = (parsed: Parsed): string[] =>
  FLAGGED.flatMap(({ flag, row: { kind } }) => {
    const values = [parsed[flag as string] ?? []].flat().map(String);
    return kind.list || new Set(values).size < 2
      ? []
      : [`--${flag} is given ${values.length} times: ${values.at(-1)} counts`];
  });

const isOwn = (name: string): boolean =>
  name.startsWith('--') ? ALL_FLAGS.includes(name.slice(2)) : name.slice(1) in SHORTS;

function refuseUnknown(parsed: Parsed, words: readonly string[], also: readonly string[]): void {
  const unknown = Object.keys(parsed).find((name) => name !== '_' && !ALL_FLAGS.includes(name));
  if (unknown === undefined) return;
  const name = unknown.length === 1 ? `-${unknown}` : `--${unknown}`;
  const meant = meantBy(unknown, parsed[unknown]);
  if (meant !== undefined) throw new TshornError('ERR_OPTION', `${name}: unknown option; ${meant}`);
  if (isOfNode(name)) {
    throw new TshornError('ERR_OPTION', `${name}: an option of node, not of tshorn`, {
      fix: `type: ${withNodeOptions(words, isOwn)}; or set NODE_OPTIONS`,
    });
  }
  const dashed = [...ALL_FLAGS.map((flag) => `--${flag}`), ...also];
  // `-workers 8` is a row of short flags to the parser; the person meant --workers.
  const oneDash = words.find((word) => /^-[a-z]{2}/.test(word) && nearest(`-${word.split('=')[0]}`, dashed));
  if (oneDash !== undefined) {
    const row = oneDash.split('=')[0] ?? '';
    throw new TshornError('ERR_OPTION', `${row}: unknown option${didYouMean(`-${row}`, dashed)}`);
  }
  throw new TshornError('ERR_OPTION', `${name}: unknown option${didYouMean(name, dashed)}`, {
    fix: 'tshorn --help lists the options; what is meant for the app goes after --',
  });
}

function missingValue(name: string): TshornError {
  const flag = SHORTS[name] ?? name;
  const option = FLAGGED.find((candidate) => candidate.flag === flag);
  const expected = option ? option.row.kind.expected : 'the path of a config file';
  return new TshornError('ERR_OPTION', `--${flag}: its value is missing; expected ${expected}`);
}

const secondApp = (app: string, other: string) =>
  new TshornError('ERR_OPTION', `"${other}": unexpected; the app is "${app}" and there is only one`, {
    fix: `write what is meant for the app after --: tshorn ${app} -- ${other}`,
  });
