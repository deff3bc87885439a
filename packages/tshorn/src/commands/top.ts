import { duration } from '@tshorn/config';
import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const top = command({
  name: 'top',
  summary: 'Watch requests, latency, memory and reloads as they happen',
  about:
    'Shows each worker with its requests, errors, latency, event loop, connections, memory and CPU, and redraws in place: once a second, and at each event. Keys sort, pause, and choose a worker; ? lists them.\n\nWhere the output is no terminal, it prints one table and ends.',
  args: MASTER_ARGUMENT,
  options: {
    once: { summary: 'Print one table and end' },
    interval: { kind: duration('above zero'), summary: 'Print a table at this interval, below one another' },
    json: { summary: 'Print JSON, for programs' },
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn top', 'the master of this directory, or the only one'],
    ['tshorn top --once', 'one look, for a ticket or a mail'],
    ['tshorn top --json --interval 10s', 'a line of JSON every ten seconds'],
  ],
  exits: [[0, 'quit, or printed'], COULD_NOT_ASK, [130, 'interrupted by Ctrl-C']],
  run: async (values) => (await import('./control/top/top.ts')).top(values),
});
