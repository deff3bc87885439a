/** The words that can stand at the place of the cursor. Pure, apart from what arguments look up for themselves. */
import { COMMAND_FLAGS, type Kind, SECTIONS, takesNext } from '@tshorn/config';
import { type Candidate, type Command, type CommandTable, flagOf } from '../command.ts';

export interface Candidates {
  readonly list: readonly Candidate[];
  /** Files and directories fit as well. */
  readonly paths: boolean;
}

/** An option as it is completed: each name, and what follows it. */
interface Named {
  /** With dashes. */
  readonly names: readonly string[];
  readonly kind?: Kind<unknown> | undefined;
  readonly text: string;
}

const NOTHING: Candidates = { list: [], paths: false };
const PATHS: Candidates = { list: [], paths: true };

export interface Surroundings {
  readonly commands: CommandTable;
  /** The names of the commands in node_modules/.bin. */
  readonly packageCommands: () => readonly string[];
}

/**
 * @param words the words after `tshorn`, up to and including the one under the cursor
 */
export async function candidates(words: readonly string[], around: Surroundings): Promise<Candidates> {
  const [before, current] = [words.slice(0, -1), words.at(-1) ?? ''];
  if (before.includes('--')) return PATHS;
  const command = around.commands[before[0] as keyof CommandTable];
  const rest = command ? before.slice(1) : before;
  const options = [...ownOptions(command), ...(!command || command.server ? serverOptions : [])];

  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (name !== undefined) {
    const { list, paths } = valuesOf(options.find(({ names }) => names.includes(name))?.kind);
    return {
      list: starting(value ?? '', list).map((each) => ({ ...each, value: `${name}=${each.value}` })),
      paths,
    };
  }
  const pending = pendingOption(rest, current, options);
  if (pending) {
    const { list, paths } = valuesOf(pending.kind);
    return { list: starting(current, list), paths };
  }
  if (current.startsWith('-'))
    return { list: starting(current, flags(options, rest, current)), paths: false };
  const place = wordsOf(rest, options).length;
  const { list, paths } = await wordAt(place, current, command, around);
  const found = starting(current, list);
  if (found.length > 0 || paths || current !== '') return { list: found, paths };
  return { list: flags(options, rest, current), paths: false };
}

/** Candidates for a word that is no option. */
async function wordAt(
  place: number,
  current: string,
  command: Command | undefined,
  { commands, packageCommands }: Surroundings,
): Promise<Candidates> {
  const argument = Object.values(command?.args ?? {})[place];
  if (argument)
    return argument.complete ? { list: await argument.complete(), paths: false } : valuesOf(argument.kind);
  const isApp = place === 0 && (!command || command.server);
  if (!isApp) return NOTHING;
  // Without a first letter they are too many.
  const programs =
    current === '' ? [] : packageCommands().map((value) => ({ value, text: 'command of a package' }));
  const own = command
    ? []
    : Object.values(commands).map(({ name, summary }) => ({ value: name, text: summary }));
  return {
    list: [...own, ...programs.filter(({ value }) => !own.some((each) => each.value === value))],
    paths: true,
  };
}

function valuesOf(kind: Kind<unknown> | undefined): Candidates {
  if (!kind) return NOTHING;
  if (kind.choices) return { list: kind.choices.map((value) => ({ value })), paths: false };
  return kind.path ? PATHS : NOTHING;
}

const starting = (prefix: string, list: readonly Candidate[]) =>
  list.filter(({ value }) => value.startsWith(prefix));

/** Names of options that are not given yet, or can be given again. `--no-NAME` shows when it is begun. */
function flags(options: readonly Named[], given: readonly string[], current: string): Candidate[] {
  return options
    .filter(({ names, kind }) => kind?.list || !names.some((name) => given.includes(name)))
    .flatMap(({ names, kind, text }) => {
      const [long = ''] = names;
      const none =
        kind?.none && current.startsWith('--no') ? [{ value: long.replace('--', '--no-'), text }] : [];
      return [{ value: long, text }, ...none];
    });
}

/** The option whose value the next word is. */
function pendingOption(
  words: readonly string[],
  current: string,
  options: readonly Named[],
): Named | undefined {
  const last = words.at(-1);
  const option = options.find(({ names }) => last !== undefined && names.includes(last));
  return option && last !== undefined && takesValue(option, last, current) ? option : undefined;
}

/** Words that are neither options nor their values. */
function wordsOf(words: readonly string[], options: readonly Named[]): string[] {
  return words.filter(
    (word, at) => !word.startsWith('-') && !pendingOption(words.slice(0, at), word, options),
  );
}

/** An option that may stand alone takes a value that is begun. */
const takesValue = ({ kind }: Named, name: string, next: string): boolean => {
  if (!kind?.alone) return kind !== undefined;
  const isBegun = next !== '' && kind.choices?.some((choice) => choice.startsWith(next));
  return isBegun || takesNext(name, next);
};

const dashed = (flag: string, short?: string) => [`--${flag}`, ...(short ? [`-${short}`] : [])];

const HELP: Named = { names: dashed('help', 'h'), text: 'Print the help of the command' };

const ownOptions = (command: Command | undefined): Named[] =>
  command
    ? [
        ...Object.entries(command.options ?? {}).map(([key, { kind, short, summary }]) => ({
          names: dashed(flagOf(key), short),
          kind,
          text: summary,
        })),
        HELP,
      ]
    : [];

const FILE = { path: true } as Kind<unknown>;

const serverOptions: readonly Named[] = [
  ...SECTIONS.flatMap(({ options }) =>
    options.flatMap(({ flag, row: { kind, short, summary } }) =>
      flag ? [{ names: dashed(flag, short), kind, text: summary }] : [],
    ),
  ),
  ...COMMAND_FLAGS.map((row) => ({
    names: dashed(row.flag, 'short' in row ? row.short : undefined),
    kind: 'meta' in row ? FILE : undefined,
    text: row.summary,
  })),
];
