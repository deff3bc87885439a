/** The texts of `tshorn --help` and `tshorn reload --help`, laid out by yargs for 80 columns. */
import { COMMAND_FLAGS, describeDefault, type Kind, type Option, SECTIONS } from '@tshorn/config';
import yargs, { type Argv } from 'yargs';
import { COMMAND_TABLE } from './all.ts';
import { type Command, flagOf } from './command.ts';

const WIDTH = 80;

const EXITS_OF_A_SERVER = [
  [0, 'stopped by a signal or by tshorn stop'],
  [1, 'an error inside the master'],
  [2, 'a wrong option, config file, environment file or user'],
  [3, 'no worker became ready'],
  [4, 'the app cannot be loaded'],
  [5, 'the address is in use'],
  [6, 'the address is forbidden'],
  [7, 'the address does not exist on this machine'],
] as const;

export function serverHelp(): string {
  const page = blank()
    .usage(
      [
        'Usage: tshorn APP[:NAME] [options] [-- ARG...]',
        '       tshorn COMMAND [options]',
        '',
        'Serves a Node HTTP app from several worker processes on one shared socket, and reloads it without losing a request.',
      ].join('\n'),
    )
    .epilogue(
      [
        exitCodes(EXITS_OF_A_SERVER),
        'A DURATION is a number of seconds, or text such as 500ms, 30s, 2m or 1h. --no-NAME says no, or none. Each option can be set in the environment too, as TSHORN_WORKERS for --workers, and in a config file, as workers. The command line wins, then the environment.',
        'tshorn reload --help is the help of a command; tshorn ./reload serves a file of that name.',
      ].join('\n\n'),
    )
    .example('tshorn app.js --workers 4 --bind :8000', '')
    .example('tshorn next -- start', '');
  for (const command of Object.values(COMMAND_TABLE)) {
    if (!command.hidden) page.command(usageOf(command), command.summary);
  }
  for (const { title, options } of SECTIONS) {
    for (const option of options) addOption(page, title, option);
  }
  for (const row of COMMAND_FLAGS) {
    const label = 'meta' in row ? `${row.flag} ${row.meta}` : row.flag;
    add(page, 'Command line', label, row.summary, 'short' in row ? row.short : undefined);
  }
  return textOf(page);
}

function addOption(page: Argv, group: string, option: Option): void {
  const { flag, row, key } = option;
  const fallback = describeDefault(option);
  const text = withChoices(fallback === undefined ? row.summary : `${row.summary} [${fallback}]`, row.kind);
  if (flag) add(page, group, `${row.kind.none ? '[no-]' : ''}${labelOf(flag, row.kind)}`, text, row.short);
  else if (key === 'app') page.positional(row.kind.meta, { describe: text });
}

export function commandHelp(command: Command): string {
  const { name, about, args = {}, options = {}, server, examples, exits } = command;
  const page = blank()
    .usage(`Usage: tshorn ${usageOf(command)}\n\n${about}`)
    .epilogue([exitCodes(exits), `To serve a file named ${name}: tshorn ./${name}`].join('\n\n'));
  for (const { kind, summary } of Object.values(args)) page.positional(kind.meta, { describe: summary });
  for (const [key, { kind, short, summary }] of Object.entries(options)) {
    const label = kind ? labelOf(flagOf(key), kind) : flagOf(key);
    add(page, 'Options', label, kind ? withChoices(summary, kind) : summary, short);
  }
  add(
    page,
    'Options',
    'help',
    server ? 'Print this text; tshorn --help has the options of a server' : 'Print this text',
    'h',
  );
  for (const [line, what] of examples) page.example(line, what);
  return textOf(page);
}

/** `reload [PID] [options]` */
export function usageOf({ name, args = {}, server }: Command): string {
  const words = Object.values(args).map(({ kind, required }) => (required ? kind.meta : `[${kind.meta}]`));
  return [
    name,
    ...words,
    ...(server ? ['APP[:NAME]'] : []),
    '[options]',
    ...(server ? ['[-- ARG...]'] : []),
  ].join(' ');
}

const labelOf = (flag: string, { meta, choices }: Kind<unknown>): string =>
  choices
    ? choices.includes('yes')
      ? flag
      : `${flag} ${flag.split('-').at(-1)?.toUpperCase()}`
    : `${flag} ${meta}`;

const withChoices = (text: string, { choices, none }: Kind<unknown>): string =>
  choices && !none ? `${text}: ${choices.join(', ')}` : text;

function blank(): Argv {
  const page = yargs() as Argv & { usageConfiguration(of: object): Argv };
  return page
    .usageConfiguration({ 'hide-types': true })
    .scriptName('')
    .wrap(WIDTH)
    .help(false)
    .version(false)
    .parserConfiguration({ 'camel-case-expansion': false })
    .updateStrings({ 'Commands:': 'Commands', 'Positionals:': 'Arguments', 'Examples:': 'Examples' });
}

/** yargs has no word for the value of an option: here it is a part of the option's name. */
function add(page: Argv, group: string, label: string, text: string, short?: string): void {
  page.option(label, { describe: text, group, ...(short && { alias: short }) });
}

const exitCodes = (codes: readonly (readonly [number, string])[]) =>
  ['Exit code', ...codes.map(([code, meaning]) => `  ${code}  ${meaning}`)].join('\n');

function textOf(page: Argv): string {
  let text = '';
  page.showHelp((help) => {
    text = help;
  });
  return text.replace(/ +$/gm, '');
}
