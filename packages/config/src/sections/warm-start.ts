import { duration, paths, wholeNumber, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const warmStart = section('Warm start', {
  bootNice: {
    kind: wholeNumber(0, 19),
    default: 10,
    summary:
      'How many nice levels a worker that boots beside serving ones is lowered by until it is admitted',
    details:
      'So that a reload takes the CPU that serving leaves over; 0 is not at all. Linux only, and only where a priority may be raised again. See [Warm start](warm-start.md#priority-while-booting).',
    reloadable: true,
  },
  compileCache: {
    kind: yesNo,
    default: true,
    summary: 'Whether workers keep what V8 has compiled, so that the next ones start faster',
    details:
      "Node 22.1 and newer; a directory of this user's own for each release. See [Warm start](warm-start.md#nodes-compile-cache).",
    reloadable: true,
  },
  warmUp: {
    kind: paths,
    default: [],
    summary: 'Paths that a worker asks its own app for, after the probe, before it takes traffic',
    details:
      'Separated by commas, or the flag several times; a comma inside a path is written `%2C`. So that the first clients do not pay for just-in-time compilation and cold caches. A warm-up is no probe: what fails is told in the log, and the worker goes on. See [Warm start](warm-start.md).',
    reloadable: true,
    worker: true,
  },
  warmUpRequests: {
    kind: wholeNumber(1, 1_000_000),
    default: 50,
    summary: 'How many warm-up requests in all, spread over the paths in turn',
    reloadable: true,
    worker: true,
  },
  warmUpTimeout: {
    kind: duration('above zero'),
    default: 10_000,
    summary: 'How long the warm-up may take in all; then the worker goes on without the rest',
    reloadable: true,
    worker: true,
  },
});
