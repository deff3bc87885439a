import { usableCpus } from '../cpus.ts';
import { duration, percent } from '../kinds.ts';
import { section } from '../row.ts';
import { workerCount } from '../workers-kind.ts';

export const workers = section('Workers', {
  workers: {
    kind: workerCount,
    short: 'w',
    alsoEnv: ['WEB_CONCURRENCY'],
    default: { compute: () => usableCpus(), inWords: 'one per CPU, within the quota of the cgroup' },
    watchDefault: 1,
    summary: 'The number of worker processes, or a range in which it follows the load',
    details:
      '`MIN..MAX` starts with MIN workers and [follows the load](scaling.md). `MIN..auto` ends at the number of CPUs, within the quota of the cgroup, which is read again while the server runs. `auto` is `2..auto`, and `1..auto` where there is one CPU.',
    fix: 'for one worker per CPU leave it out: that is the default',
    reloadable: true,
  },
  scaleTarget: {
    kind: percent(10, 90),
    default: 60,
    summary: 'With a range: how busy the event loops of the workers are to be',
    details:
      'The number of workers grows when they are busier than half way from here to 100 %: 80 % for the default. A lower target keeps more in hand for a rise of the load, and costs as many more workers. See [Scaling](scaling.md).',
    reloadable: true,
  },
  scaleUpAfter: {
    kind: duration('above zero'),
    default: 4_000,
    summary: 'With a range: the time over which the load is taken before more workers start',
    details: 'Each worker tells its load every two seconds, every second where `--timeout` is below 10 s.',
    reloadable: true,
  },
  scaleDownAfter: {
    kind: duration('above zero'),
    default: 60_000,
    summary: 'With a range: the time for which fewer workers must have been enough before some leave',
    details: 'It doubles each time that workers are needed again soon after some have left, up to 16 times.',
    reloadable: true,
  },
});
