/** The text of `tshorn reload --help` and other commands, in the form of `tshorn --help`. */
import { helpEntry } from '@tshorn/config';
import { type CommandName, isControlCommand } from './names.ts';
import { COMMANDS, type CommandRow, type Flag, WHICH } from './table.ts';

export function commandHelp(name: CommandName): string {
  const { usage, about, flags, exits } = COMMANDS[name];
  const head = [`Usage: tshorn ${usage}`, '', ...about].join('\n');
  const foot = `To serve a file named ${name}: tshorn ./${name}`;
  if (!isControlCommand(name)) {
    return [head, 'Options\n  The options of a server: see tshorn --help.', exitText(exits), foot].join(
      '\n\n',
    );
  }
  const codes = [...exits, [2, 'could not ask: no such master, no permission, or it has ended'] as const];
  return [
    head,
    ['Which master', '  PID, --control or --pid-file; by default the only one of this user.'].join('\n'),
    ['Options', ...[...flags, ...WHICH].map(entryOf)].join('\n'),
    exitText(codes),
    foot,
  ].join('\n\n');
}

const exitText = (codes: CommandRow['exits']) =>
  ['Exit code', ...codes.map(([code, meaning]) => helpEntry(String(code), meaning, 5))].join('\n');

const entryOf = (flag: Flag) => helpEntry(flag, flag.summary);
