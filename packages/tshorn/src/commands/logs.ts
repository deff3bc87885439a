import { OPTIONS, wholeNumber } from '@tshorn/config';
import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const logs = command({
  name: 'logs',
  summary: 'Show the last lines of the log, and follow it',
  about:
    "Shows the last lines of the master's log, wherever the log goes: the master keeps 1,000 of them, of at most 1 MB. Among them are the lines that the workers print on standard error, and with --output-file on standard output, of which the master keeps 512 kB more.\n\nOlder lines are in the file of --log-file, or in the journal. A line that --log-level leaves out is nowhere.",
  args: MASTER_ARGUMENT,
  options: {
    follow: {
      short: 'f',
      summary: 'Show the lines that come too, and those of the new master of a re-exec',
    },
    lines: {
      kind: wholeNumber(0),
      short: 'n',
      summary: 'At most this many of the last lines [all; with --follow 20]',
    },
    worker: { kind: wholeNumber(0), summary: 'Only lines about the worker of this slot, and its output' },
    level: {
      kind: OPTIONS.logLevel.kind,
      summary: 'Only lines of this level and above; no output of workers',
    },
    json: { summary: 'Print the lines as JSON, as the log has them' },
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn logs', 'what has happened'],
    ['tshorn logs -f --worker 3', 'one worker, as its lines come'],
    ['tshorn logs --level warn', 'what went wrong'],
    ['tshorn logs --json | jq .event', 'for programs'],
  ],
  exits: [[0, 'shown; with --follow: the master has ended'], COULD_NOT_ASK, [130, 'interrupted by Ctrl-C']],
  run: async (values) => (await import('./control/logs/logs.ts')).logs(values),
});
