import { OPTIONS } from '@tshorn/config';
import { command } from './command.ts';
import {
  COULD_NOT_ASK,
  JSON_EVENTS,
  MASTER_ARGUMENT,
  MASTER_OPTIONS,
  NO_WAIT,
} from './control/master-options.ts';

export const reload = command({
  name: 'reload',
  summary: 'Replace every worker by a new generation',
  about:
    'Replaces every worker by a new generation, as HUP does, and waits for the verdict. During another reload, this one begins after it. Ctrl-C ends the command, not the reload.',
  args: MASTER_ARGUMENT,
  options: {
    plan: { kind: OPTIONS.reloadPlan.kind, summary: 'How the workers are replaced [--reload-plan]' },
    dryRun: { summary: 'Print the steps, processes, memory and time; change nothing' },
    abort: {
      summary: 'Roll back the reload under way, and wait for the end',
      excludes: ['plan', 'dryRun'],
    },
    json: JSON_EVENTS,
    noWait: NO_WAIT,
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn reload', 'deploy: every worker runs the new release'],
    ['tshorn reload --dry-run', 'what a reload would do and need'],
    ['tshorn reload --plan canary', 'compare one new worker first'],
    ['tshorn reload --abort', 'roll back the reload under way'],
  ],
  exits: [
    [0, 'committed; with --abort: rolled back'],
    [1, 'not committed; the last line gives the reason'],
    COULD_NOT_ASK,
  ],
  run: async (values) => (await import('./control/reload.ts')).reload(values),
});
