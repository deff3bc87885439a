import { duration, orNone, wholeNumber } from '../kinds.ts';
import { memory } from '../memory-kind.ts';
import { section } from '../row.ts';

export const recycling = section('Recycling', {
  maxRequests: {
    kind: wholeNumber(0),
    default: 0,
    summary: 'After how many requests a worker is recycled; 0 is never',
    details:
      'A recycle starts the new worker first and closes no connection; one worker at a time. It is noticed within two seconds, so a few requests more come in between. See [Recycling](recycling.md).',
    reloadable: true,
  },
  maxRequestsJitter: {
    kind: orNone(wholeNumber(0), undefined),
    default: { compute: () => undefined, inWords: 'a tenth of --max-requests' },
    summary: 'How many requests later at the most, drawn for each worker, so that not all are due at once',
    reloadable: true,
  },
  maxMemory: {
    kind: orNone(memory, undefined),
    default: undefined,
    summary: 'A worker that holds more memory than this is recycled',
    details:
      "For each worker, measured as resident set size every two seconds. A percentage is one of the container's memory limit (cgroup v1 or v2), or of the machine's memory where there is none.",
    reloadable: true,
  },
  maxAge: {
    kind: duration(),
    default: 0,
    summary: 'At what age a worker is recycled; 0 is never',
    reloadable: true,
  },
  maxAgeJitter: {
    kind: orNone(duration(), undefined),
    default: { compute: () => undefined, inWords: 'a tenth of --max-age' },
    summary: 'How much later at the most, drawn for each worker, so that not all are due at once',
    reloadable: true,
  },
});
