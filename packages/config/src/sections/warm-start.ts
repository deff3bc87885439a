import { duration, paths, wholeNumber, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const warmStart = section('Warm start', {
  bootNice: {
    kind: wholeNumber(0, 19),
    default: 10,
    watchDefault: 0,
    summary: 'How many nice levels a worker is lowered by while it boots beside workers that serve',
    details:
      'A reload then takes the CPU time that serving leaves over; 0 disables it. Linux only, and only where the priority may be raised again. See [Warm start](warm-start.md#priority-while-booting).',
    reloadable: true,
  },
  compileCache: {
    kind: yesNo,
    default: true,
    summary: 'Keep the compiled code of a release, so that its next workers start faster',
    details:
      'Node 22.1 and newer; each release has a directory of its own that belongs to this user. See [Warm start](warm-start.md#nodes-compile-cache).',
    reloadable: true,
  },
  warmUp: {
    kind: paths,
    default: [],
    summary: 'Paths that a worker asks its own app for after the probe, before it takes traffic',
    details:
      'Separate several paths by commas, or repeat the flag; write a comma inside a path as `%2C`. The first clients then do not wait for just-in-time compilation and cold caches. A warm-up is no probe: a failure is logged, and the worker is admitted. See [Warm start](warm-start.md).',
    reloadable: true,
    worker: true,
  },
  warmUpRequests: {
    kind: wholeNumber(1, 1_000_000),
    default: 50,
    summary: 'The number of warm-up requests in all, spread over the paths in turn',
    reloadable: true,
    worker: true,
  },
  warmUpTimeout: {
    kind: duration('above zero'),
    default: 10_000,
    summary: 'How long the warm-up may take in all; the requests that are left are then skipped',
    reloadable: true,
    worker: true,
  },
});
