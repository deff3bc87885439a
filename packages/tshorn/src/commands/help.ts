import { oneOf } from '@tshorn/config';
import { command } from './command.ts';
import { COMMANDS } from './names.ts';
import { print } from './style.ts';

export const help = command({
  name: 'help',
  summary: 'Print the help of a command',
  about: 'Prints the help of a command, or of tshorn itself. --help behind a command does the same.',
  args: {
    command: {
      kind: { ...oneOf(...COMMANDS), meta: 'COMMAND' },
      summary: 'The command; without it, tshorn itself',
    },
  },
  examples: [['tshorn help reload', 'the same as tshorn reload --help']],
  exits: [
    [0, 'printed'],
    [2, 'no such command'],
  ],
  run: async ({ command }, _, commands) => {
    print((await import('./help-text.ts')).helpText(commands, command));
    return 0;
  },
});
