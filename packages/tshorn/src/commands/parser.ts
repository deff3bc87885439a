/** Reads the words after the name of a command, with yargs. Never prints and never exits. */
import { didYouMean, PARSING, readCommandLine, readValue, takesNext } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import yargs from 'yargs';
import { type Command, flagOf } from './command.ts';

export interface Line {
  readonly values: Record<string, unknown>;
  /** For a command that takes the command line of a server: those words. */
  readonly words: readonly string[];
}

/** @throws TshornError ERR_OPTION, which names the word and the expected ones */
export function readCommand(command: Command, words: readonly string[]): Line {
  if (!command.server) return { values: valuesOf(command, words), words: [] };
  const { own, others } = divide(command, words);
  const { asks } = readCommandLine(others, '/', flagsOf(command));
  if (asks !== 'serve') {
    throw wrong(`--${asks}: tshorn ${command.name} has no such option`, `type: tshorn --${asks}`);
  }
  return { values: valuesOf(command, own), words: others };
}

/** Takes the command's own options out of the words of a server. */
function divide(command: Command, words: readonly string[]): { own: string[]; others: string[] } {
  const [own, others]: [string[], string[]] = [[], []];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') return { own, others: [...others, ...words.slice(at)] };
    const [name] = word.split('=');
    const option = optionsOf(command).find(({ flag, short }) => name === `--${flag}` || name === `-${short}`);
    const next = words[at + 1] ?? '';
    const isPair = name === word && (option ? option.kind !== undefined : takesNext(word, next));
    const target = option ? own : others;
    target.push(...words.slice(at, isPair ? at + 2 : at + 1));
    if (isPair) at++;
  }
  return { own, others };
}

const optionsOf = ({ options = {} }: Command) =>
  Object.entries(options).map(([key, option]) => ({ key, flag: flagOf(key), ...option }));

const flagsOf = (command: Command) => [...optionsOf(command).map(({ flag }) => `--${flag}`), '--help'];

function valuesOf(command: Command, words: readonly string[]): Record<string, unknown> {
  const parsed = parse(command, words);
  const args = Object.entries(command.args ?? {});
  const known = [...optionsOf(command).map(({ flag }) => flag), ...args.map(([key]) => key), '_', '$0'];
  const unknown = Object.keys(parsed).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownOption(command, unknown);
  const [, extra] = parsed._;
  if (extra !== undefined) {
    const most = args.length === 0 ? 'no word' : args.length === 1 ? 'one word' : `${args.length} words`;
    throw wrong(`"${extra}": unexpected; tshorn ${command.name} takes ${most}`, helpOf(command));
  }
  const values: Record<string, unknown> = {};
  for (const [key, { kind, required }] of args) {
    const place = `tshorn ${command.name}`;
    if (parsed[key] !== undefined) values[key] = readValue(kind, parsed[key], place);
    else if (required)
      throw wrong(`${place}: ${kind.meta} is missing; expected ${kind.expected}`, helpOf(command));
  }
  for (const { key, flag, kind } of optionsOf(command)) {
    const input = [parsed[flag] ?? []].flat();
    if (!kind) values[key] = input.at(-1) === true;
    else if (input.length > 0) values[key] = readValue(kind, kind.list ? input : input.at(-1), `--${flag}`);
  }
  return values;
}

type Parsed = Record<string, unknown> & { _: (string | number)[] };

function parse(command: Command, words: readonly string[]): Parsed {
  const args = Object.keys(command.args ?? {});
  let failure: TshornError | undefined;
  const parser = yargs()
    .parserConfiguration(PARSING)
    .updateStrings(MESSAGES)
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      if (error && !message) throw error;
      failure ??= mended(command, message);
    })
    .command([command.name, ...args.map((name) => `[${name}]`)].join(' '), '', (line) => {
      for (const name of args) line.positional(name, { type: 'string' });
      for (const { flag, short, kind, excludes } of optionsOf(command)) {
        line.option(flag, {
          ...(kind ? { type: 'string', nargs: 1 } : { type: 'boolean' }),
          ...(short && { alias: short }),
          ...(excludes && { conflicts: excludes.map(flagOf) }),
        });
      }
    });
  const parsed = parser.parseSync([command.name, ...words]) as Parsed;
  if (failure) throw failure;
  return parsed;
}

/** The messages of yargs that can appear, as words that `mended` reads. */
const MESSAGES = {
  'Not enough arguments following: %s': 'missing %s',
  'Arguments %s and %s are mutually exclusive': 'exclusive %s %s',
};

function mended(command: Command, message: string): TshornError {
  const [what, name = '', other] = message.split(' ');
  if (what === 'exclusive') return wrong(`--${name} and --${other} exclude each other`);
  if (what !== 'missing') return wrong(message, helpOf(command));
  const option = optionsOf(command).find(({ flag, short }) => flag === name || short === name);
  return wrong(`--${option?.flag ?? name}: its value is missing; expected ${option?.kind?.expected}`);
}

function unknownOption(command: Command, name: string): TshornError {
  const flag = name.length === 1 ? `-${name}` : `--${name}`;
  const hint = didYouMean(flag, flagsOf(command));
  return wrong(
    `${flag}: tshorn ${command.name} has no such option${hint}`,
    `tshorn ${command.name} --help lists its options; to serve a file named ${command.name}: tshorn ./${command.name}`,
  );
}

const helpOf = ({ name }: Command) => `tshorn ${name} --help has examples`;

const wrong = (message: string, fix?: string) =>
  new TshornError('ERR_OPTION', message, fix === undefined ? {} : { fix });
