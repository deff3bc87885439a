import { OPTIONS } from '@tshorn/config';
import { command } from './command.ts';
import {
  COULD_NOT_ASK,
  JSON_EVENTS,
  MASTER_ARGUMENT,
  MASTER_OPTIONS,
  NO_WAIT,
} from './control/master-options.ts';
import { releaseName } from './control/release-kind.ts';

export const rollback = command({
  name: 'rollback',
  summary: 'Bring an older release back',
  about:
    'Replaces every worker by an older release: the one that served before, or the named one. This is a reload with a verdict, but nothing is read again: config, environment and code are those that were committed. `tshorn releases` lists the releases. A second rollback brings back what the first has replaced; HUP reads the config again, and brings what is deployed. Ctrl-C ends the command, not the rollback.',
  args: {
    release: {
      kind: releaseName,
      summary: 'The name of a release, or a generation that had it; default: the release before',
      complete: async () => (await import('./control/releases.ts')).releaseNames(process.env),
    },
    ...MASTER_ARGUMENT,
  },
  options: {
    plan: { kind: OPTIONS.reloadPlan.kind, summary: 'How the workers are replaced [--reload-plan]' },
    json: JSON_EVENTS,
    noWait: NO_WAIT,
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn rollback', 'the release that served before'],
    ['tshorn rollback v1.4.2', 'a named one'],
    ['tshorn rollback 3 --plan overlap', 'that of generation 3, all workers at once'],
  ],
  exits: [
    [0, 'committed: the older release serves'],
    [1, 'there is none, or it does not come up; the last line gives the reason'],
    COULD_NOT_ASK,
  ],
  run: async (values) => (await import('./control/rollback.ts')).rollback(values),
});
