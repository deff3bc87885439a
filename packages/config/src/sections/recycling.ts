import { duration, orNone, percentOrOff, wholeNumber } from '../kinds.ts';
import { memory } from '../memory-kind.ts';
import { section } from '../row.ts';

export const recycling = section('Recycling', {
  maxRequests: {
    kind: wholeNumber(0),
    default: 0,
    summary: 'Recycle a worker after this many requests; 0: never',
    details:
      'A recycle starts the new worker first and closes no connection; workers are recycled one at a time. The master checks every two seconds, so a worker serves a few requests more. See [Recycling](recycling.md).',
    reloadable: true,
  },
  maxRequestsJitter: {
    kind: orNone(wholeNumber(0), undefined),
    default: { compute: () => undefined, inWords: 'a tenth of --max-requests' },
    summary: 'The most requests that are added to the limit, at random for each worker',
    details: 'Without it all workers reach the limit at once.',
    reloadable: true,
  },
  maxMemory: {
    kind: orNone(memory, undefined),
    default: undefined,
    summary: 'Recycle a worker that holds more memory than this',
    details:
      'The resident set size of each worker counts, measured every two seconds. A percentage refers to the memory limit of the container (cgroup v1 or v2), or to the memory of the machine where there is none.',
    reloadable: true,
  },
  maxAge: {
    kind: duration(),
    default: 0,
    summary: 'Recycle a worker when it is this old; 0: never',
    reloadable: true,
  },
  maxAgeJitter: {
    kind: orNone(duration(), undefined),
    default: { compute: () => undefined, inWords: 'a tenth of --max-age' },
    summary: 'The most time that is added to the limit, at random for each worker',
    details: 'Without it all workers reach the limit at once.',
    reloadable: true,
  },
  heapGuard: {
    kind: percentOrOff,
    default: 92,
    summary: 'Recycle a worker whose heap or control group is this near to its memory limit; 0: never',
    details:
      "The heap counts as V8 leaves it after a full garbage collection, and its limit is `--max-old-space-size`. Of the container's control group counts what the kernel cannot take back. The new worker starts first, before V8 or the kernel ends the old one. See [Recycling](recycling.md#before-the-memory-is-full).",
    reloadable: true,
    worker: true,
  },
});
