import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const status = command({
  name: 'status',
  summary: 'Show the master, its workers and the last reloads',
  about:
    'Shows the master, its workers, and the outcome of the last reloads. Where several masters run and none is named, it shows one line for each; --json prints an array of them then.',
  args: {
    pid: {
      ...MASTER_ARGUMENT.pid,
      summary:
        'The pid of the master; without it, one line for each where this user runs several, in whichever directory',
    },
  },
  options: { json: { summary: 'Print JSON, for programs' }, ...MASTER_OPTIONS },
  examples: [
    ['tshorn status', 'the master of this user, or a list of several'],
    ['tshorn status 4711', 'one of several'],
    ['tshorn status --json | jq .size', 'one figure, for a script'],
  ],
  exits: [[0, 'shown'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/status.ts')).status(values),
});
