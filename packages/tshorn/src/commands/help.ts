/** The text of `tshorn reload --help` and the like, in the form of `tshorn --help`. */
import { helpEntry } from '@tshorn/config';
import type { CommandName } from './names.ts';
import { COMMANDS, type Flag, WHICH } from './table.ts';

export function commandHelp(name: CommandName): string {
  const { usage, about, flags, exits } = COMMANDS[name];
  const codes = [...exits, [2, 'no such master, no permission, or it is gone'] as const];
  return [
    [`Usage: tshorn ${usage}`, '', ...about].join('\n'),
    ['Which master', '  By its PID, or one of these; without any, the one that this user runs.'].join('\n'),
    ['Options', ...[...flags, ...WHICH].map(entryOf)].join('\n'),
    ['Exit code', ...codes.map(([code, meaning]) => helpEntry(String(code), meaning, 5))].join('\n'),
    `A file called ${name} is served by: tshorn ./${name}`,
  ].join('\n\n');
}

const entryOf = (flag: Flag) => helpEntry(flag, flag.summary);
