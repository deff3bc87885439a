/** The texts of `tshorn --help` and `tshorn reload --help`, laid out by yargs for 80 columns. */
import { COMMAND_FLAGS, describeDefault, type Kind, type Option, SECTIONS } from '@tshorn/config';
import yargs, { type Argv } from 'yargs';
import { type Command, type CommandTable, flagOf } from './command.ts';
import type { CommandName } from './names.ts';
import { SERVER } from './server.ts';

const WIDTH = 80;
/** Every group of options is as wide, so that the texts stand in one column; a longer name makes its group wider. */
const NAME_WIDTH = 28;

/** Returns the help of a command, or of tshorn itself. */
export const helpText = (commands: CommandTable, name?: CommandName): string =>
  name === undefined ? serverHelp(commands) : commandHelp(commands[name]);

function serverHelp(commands: CommandTable): string {
  const { usages, about, app, examples, exits, notes } = SERVER;
  const page = blank()
    .usage(`Usage: ${usages.join('\nor:    ')}\n\n${about}`)
    .epilogue([examplesText(examples), exitCodes(exits), ...notes].join('\n\n'))
    .positional('APP[:NAME]', { describe: app });
  for (const command of Object.values(commands)) {
    page.command(shortUsage(command), command.summary);
  }
  for (const { title, options } of SECTIONS) {
    for (const option of options) addOption(page, title, option);
  }
  for (const row of COMMAND_FLAGS) {
    const label = 'meta' in row ? `${row.flag} ${row.meta}` : row.flag;
    add(page, 'Command line', label.padEnd(NAME_WIDTH), row.summary, 'short' in row ? row.short : undefined);
  }
  return textOf(page);
}

function addOption(page: Argv, group: string, option: Option): void {
  const { flag, row } = option;
  if (flag === undefined) return;
  const fallback = describeDefault(option);
  const text = withChoices(
    fallback === undefined || fallback === 'none' ? row.summary : `${row.summary} [${fallback}]`,
    row.kind,
  );
  add(
    page,
    group,
    `${row.kind.none ? '[no-]' : ''}${labelOf(flag, row.kind)}`.padEnd(NAME_WIDTH),
    text,
    row.short,
  );
}

function commandHelp(command: Command): string {
  const { name, about, args = {}, options = {}, server, examples, exits } = command;
  const page = blank()
    .usage(`Usage: tshorn ${usageOf(command)}\n\n${about}`)
    .epilogue(
      [examplesText(examples), exitCodes(exits), `To serve a file named ${name}: tshorn ./${name}`].join(
        '\n\n',
      ),
    );
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
  return textOf(page);
}

/** `reload [PID] [options]` */
export const usageOf = (command: Command): string =>
  [shortUsage(command), '[options]', ...(command.server ? ['[-- ARG...]'] : [])].join(' ');

/** `reload [PID]` */
const shortUsage = ({ name, args = {}, server }: Command): string => {
  const words = Object.values(args).map(({ kind, required }) => (required ? kind.meta : `[${kind.meta}]`));
  return [name, ...words, ...(server ? ['[APP[:NAME]]'] : [])].join(' ');
};

/** `grace DURATION`, `log-level LEVEL`, `handoff` */
function labelOf(flag: string, { meta, choices, alone }: Kind<unknown>): string {
  if (alone) return alone.next ? flag : `${flag}[=${meta}]`;
  const [last = ''] = flag.split('-').slice(-1);
  return `${flag} ${choices ? (last.length > 9 ? 'VALUE' : last.toUpperCase()) : meta}`;
}

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
    .updateStrings({ 'Commands:': 'Commands', 'Positionals:': 'Arguments' });
}

/** yargs has no word for the value of an option: here it is a part of the option's name. */
function add(page: Argv, group: string, label: string, text: string, short?: string): void {
  page.option(label, { describe: text, group, ...(short && { alias: short }) });
}

/** The text stands beside the line, or below where a line is too long for that: a wrapped line could not be copied. */
function examplesText(examples: Command['examples']): string {
  const column = Math.max(...examples.map(([line]) => line.length)) + 2;
  const fits = examples.every(([, what]) => 2 + column + what.length <= WIDTH);
  const texts = examples.map(([line, what]) => {
    if (what === '') return `  ${line}`;
    return fits ? `  ${line.padEnd(column)}${what}` : `  ${line}\n      ${what}`;
  });
  return ['Examples', ...texts].join('\n');
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
