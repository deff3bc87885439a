import { availableParallelism } from 'node:os';
import { MOST_WORKERS } from '@tshorn/core';
import { wholeNumber } from '../kinds.ts';
import { section } from '../row.ts';

export const workers = section('Workers', {
  workers: {
    kind: wholeNumber(1, MOST_WORKERS),
    short: 'w',
    alsoEnv: ['WEB_CONCURRENCY'],
    default: { compute: availableParallelism, inWords: 'one per CPU' },
    summary: 'How many worker processes',
    reloadable: true,
  },
});
