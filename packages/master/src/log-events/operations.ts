import type { Rows } from './row.ts';

/** Reloads, changes of size and recycles. */
export const OPERATIONS = {
  'reload-started': {
    level: 'info',
    fields:
      '`generation`, `by`, `plan` (where the request named one), `backTo` and `release` (of a [rollback](releases.md#rollback)), `because` (in [watch mode](watch.md): what has changed)',
    when: 'A reload begins.',
  },
  'reload-finished': {
    level: 'info, warn or error',
    fields:
      '`generation`, `release`, `backTo`, `by`, `outcome` (`committed`, `rolled-back`, `refused`, `aborted`, `failed`), `plan`, `serving` (absent while nothing has served yet), `replaced`, `tookMs`, `reason`, `lastLines`, `cleanUps` (`failed`, `reason`: workers whose app failed to clean up)',
    when: 'A reload has ended. This line is the verdict.',
    todo: 'After any outcome but `committed`, correct what `reason` names and reload again.',
  },
  'rolling-back': {
    level: 'error',
    fields: '`generation`, `reason`',
    when: 'A reload has failed, and the old workers come back.',
  },
  canary: {
    level: 'info, warn or error',
    fields: '`generation`, `verdict` (`pass`, `fail`, `inconclusive`), `pass`, `text`',
    when: 'The [comparison](canary.md) with the old workers has ended.',
  },
  'canary-figures': {
    level: 'debug',
    fields: '`generation`, `figures`',
    when: 'The figures that the verdict rests on.',
  },
  overwritten: {
    level: 'warn',
    fields: '`generation`',
    when: 'The app file, the commit or the version of a serving release has changed on disk, so that a rollback loads the new code.',
    todo: 'Deploy each release into a directory of its own.',
  },
  'needs-restart': {
    level: 'warn',
    fields: '`options`',
    when: 'A reload read a changed option that it cannot apply. Every reload says so again.',
    todo: 'Restart, or [re-exec](re-exec.md).',
  },
  'same-files': {
    level: 'warn',
    fields: '`generation`',
    when: 'A [rollback](releases.md#rollback) goes to a release with the very files that serve.',
    todo: 'Name an older one: `tshorn releases` lists them.',
  },
  resized: {
    level: 'info',
    fields: '`size`, `from`, `target`, `by`',
    when: 'The number of workers has changed, on the way to `target`.',
  },
  'scaling-range': {
    level: 'info',
    fields: '`range`',
    when: 'The number of workers follows the [load](scaling.md) from now on; the text has its ends, and what they come from.',
  },
  scaling: {
    level: 'info',
    fields: '`from`, `to`, `reason`, `text`',
    when: 'The [load](scaling.md) asks for another number of workers; the text has the figures.',
  },
  'scaling-held': {
    level: 'info',
    fields: '`reason`, `size`',
    when: 'The load asks for more workers than there will be; once for as long as that lasts.',
    todo: 'For `max`, a larger range; for `cpu` and `memory`, a larger machine or container; for `failures`, see why workers do not start; for `not-loaded`, a restart.',
  },
  'recycle-put-off': {
    level: 'warn',
    fields: '`worker`, `pauseMs`',
    when: 'The replacement in a recycle was broken; the old worker continues to serve.',
  },
  'max-memory-too-low': {
    level: 'warn',
    fields: '`worker`, `ageMs`',
    when: 'A worker reached `--max-memory` soon after its start.',
    todo: 'Raise `--max-memory`, or reduce the memory that the app needs to start.',
  },
  'heap-guard-too-low': {
    level: 'warn',
    fields: '`worker`, `ageMs`',
    when: 'A worker reached `--heap-guard` soon after its start.',
    todo: 'Raise `--max-old-space-size`, or the limit of the control group.',
  },
  'group-nearly-full': {
    level: 'warn',
    fields: '`used`, `limit` (bytes)',
    when: 'The control group has reached `--heap-guard`, and no recycle of a worker would help.',
    todo: 'Raise the limit, use fewer `--workers`, or find what else runs in the group.',
  },
  'operation-failed': {
    level: 'info, warn or error',
    fields: '`by`, `text`',
    when: 'A change of size or a recycle failed, or an operation was refused; at debug level where a worker asks to leave while the server stops.',
  },
  noted: {
    level: 'info or warn',
    fields: '`text`',
    when: 'A request was queued, refused or put off; the text gives the reason.',
  },
  'hook-failed': {
    level: 'error',
    fields: '`hook`; of a worker `worker`, `gen`, `pid`',
    when: 'A hook threw, or did not settle within `--hook-timeout`.',
    todo: 'Correct the hook.',
  },
} as const satisfies Rows;
