import { MOST_WORKERS } from '@tshorn/core';
import { usableCpus } from '../cpus.ts';
import { wholeNumber } from '../kinds.ts';
import { section } from '../row.ts';

export const workers = section('Workers', {
  workers: {
    kind: wholeNumber(1, MOST_WORKERS),
    short: 'w',
    alsoEnv: ['WEB_CONCURRENCY'],
    default: { compute: () => usableCpus(), inWords: 'one per CPU, within the quota of the cgroup' },
    watchDefault: 1,
    summary: 'The number of worker processes',
    fix: 'for one worker per CPU leave it out: that is the default',
    reloadable: true,
  },
});
