/** The text of `tshorn reload --help` and the like, in the form of `tshorn --help`. */
import { helpEntry } from '@tshorn/config';
import { type CommandName, isControlCommand } from './names.ts';
import { COMMANDS, type CommandRow, type Flag, WHICH } from './table.ts';

export function commandHelp(name: CommandName): string {
  const { usage, about, flags, exits } = COMMANDS[name];
  const head = [`Usage: tshorn ${usage}`, '', ...about].join('\n');
  const foot = `A file called ${name} is served by: tshorn ./${name}`;
  if (!isControlCommand(name)) {
    return [head, 'Options\n  Those of a server: tshorn --help lists them.', exitText(exits), foot].join(
      '\n\n',
    );
  }
  const codes = [...exits, [2, 'no such master, no permission, or it is gone'] as const];
  return [
    head,
    ['Which master', '  By its PID, or one of these; without any, the one that this user runs.'].join('\n'),
    ['Options', ...[...flags, ...WHICH].map(entryOf)].join('\n'),
    exitText(codes),
    foot,
  ].join('\n\n');
}

const exitText = (codes: CommandRow['exits']) =>
  ['Exit code', ...codes.map(([code, meaning]) => helpEntry(String(code), meaning, 5))].join('\n');

const entryOf = (flag: Flag) => helpEntry(flag, flag.summary);
