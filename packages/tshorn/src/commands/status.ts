import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const status = command({
  name: 'status',
  summary: 'Show the master, its workers and the last reloads',
  about:
    'Shows the master, its workers, and the outcome of the last reloads. Of several masters it shows the one that is named, or the only one that works in this directory; otherwise, and with --all, one line for each, and --json prints an array of them.',
  args: MASTER_ARGUMENT,
  options: {
    json: { summary: 'Print JSON, for programs' },
    all: { summary: 'List all masters of this user' },
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn status', 'the master of this directory or user, or a list of several'],
    ['tshorn status 4711', 'one of several'],
    ['tshorn status --json | jq .size', 'one figure, for a script'],
  ],
  exits: [[0, 'shown'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/status.ts')).status(values),
});
