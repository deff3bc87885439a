/** The text of docs/commands.md. */
import { EXIT } from '@tshorn/core';
import { COMMAND_TABLE } from './all.ts';
import { type Command, flagOf } from './command.ts';
import { usageOf } from './help-text.ts';
import { FOREIGN } from './names.ts';
import { SERVER } from './server.ts';

type Exits = readonly (readonly [code: number, meaning: string])[];

export function commandsMarkdown(): string {
  const commands = Object.values(COMMAND_TABLE);
  const rows = [
    row('`tshorn APP`', 'Serve an app', SERVER.exits),
    ...commands.map(({ name, summary, exits }) =>
      row(`[\`tshorn ${name}\`](#tshorn-${name})`, summary, exits),
    ),
    row(
      FOREIGN.map((name) => `\`${name}\``).join(', '),
      'Say what to type instead of a command of PM2',
      FOREIGN_EXITS,
    ),
  ];
  const parts = [
    '<!-- Generated from the commands in packages/tshorn/src/commands; do not edit. -->',
    '# Commands',
    INTRODUCTION,
    ['| command | what it does | exit codes |', '|---|---|---|', ...rows].join('\n'),
    SIGNALS,
    ...commands.map(sectionOf),
    COMPLETION,
  ];
  return `${parts.join('\n\n')}\n`;
}

const INTRODUCTION = [
  'The first word of the command line decides: with the name of a command it is that command, else it is the app to serve.',
  'A file named `reload` is served with `tshorn ./reload`. `tshorn --help` has the options of a server, and each command',
  'has `--help`. The options of a server are in [Options](options.md).',
].join('\n');

const SIGNALS = [
  'Every command ends with 2 when it is typed wrong. A command that a signal ends has the exit code of a shell: 130 for',
  'Ctrl-C.',
].join('\n');

const COMPLETION = [
  '## Completion',
  '',
  'A shell completes commands, options, values of options, files, the commands of packages, and the pids of running',
  'masters; zsh and fish show the app beside each pid. `tshorn` has to be in the `PATH`: installed globally, or with',
  '`node_modules/.bin` in the `PATH`. A word such as `./node_modules/.bin/tshorn` is completed too; `npx tshorn` is not.',
  '',
  '| shell | once | then |',
  '|---|---|---|',
  '| bash | `tshorn completion bash >> ~/.bashrc` | a new shell, or `. ~/.bashrc` |',
  '| zsh | `tshorn completion zsh >> ~/.zshrc`, behind the line that calls `compinit` | a new shell |',
  '| fish | `tshorn completion fish > ~/.config/fish/completions/tshorn.fish` | the next TAB |',
  '',
  'The script asks the installed tshorn at each TAB, so that it need not be renewed with a new version.',
].join('\n');

const cell = (text: string) => text.replaceAll('|', '\\|');

const row = (name: string, what: string, exits: Exits): string =>
  `| ${name} | ${cell(what)} | ${exits.map(([code, meaning]) => cell(`\`${code}\` ${meaning}`)).join('<br>')} |`;

const FOREIGN_EXITS: Exits = [[EXIT.usage, 'said']];

function sectionOf(command: Command): string {
  const { name, about, args = {}, options = {}, server, examples } = command;
  const words = Object.values(args).map(({ kind, summary }) => [kind.meta, summary] as const);
  const flags = Object.entries(options).map(([key, { kind, short, summary }]) => {
    const value = kind ? ` ${kind.choices?.join('|') ?? kind.meta}` : '';
    return [`${short ? `-${short}, ` : ''}--${flagOf(key)}${value}`, summary] as const;
  });
  const lines = [...words, ...flags].map(([label, text]) => `| \`${cell(label)}\` | ${cell(text)} |`);
  const wide = Math.max(...examples.map(([line]) => line.length));
  const shell = examples.map(([line, what]) => (what ? `${line.padEnd(wide)}  # ${what}` : line));
  return [
    `## tshorn ${name}`,
    `    tshorn ${usageOf(command)}`,
    about,
    ...(lines.length > 0 ? [['| | |', '|---|---|', ...lines].join('\n')] : []),
    ...(server ? ['It also takes the [options of a server](options.md).'] : []),
    ['```sh', ...shell, '```'].join('\n'),
  ].join('\n\n');
}
