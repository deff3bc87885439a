import { duration, oneOf, wholePaths } from '../kinds.ts';
import { section } from '../row.ts';

export const overload = section('Overload', {
  overload: {
    kind: oneOf('off', 'shed'),
    default: 'off',
    summary:
      'shed: answer requests that have waited too long with 503 before the app runs; off: all reach the app',
    details:
      'Also keeps the requests in flight to the number that the app answers without a queue of its own. See [Overload](overload.md).',
    reloadable: true,
    worker: true,
  },
  queueLimit: {
    kind: duration('above zero'),
    default: 200,
    summary:
      'How long a request may wait for the app, while requests have waited all the time, before it is shed',
    details:
      'A burst that is over within five times this is no overload, and has five times this. Read with `--overload shed` alone.',
    reloadable: true,
    worker: true,
  },
  overloadExempt: {
    kind: wholePaths,
    default: ['/live', '/ready'],
    summary: 'Paths whose requests are never shed and do not wait, besides the status path',
    details:
      'For probes, and for requests that wait on purpose, such as long polls. A path counts as a whole, without its query. WebSockets and other upgrades are always exempt.',
    reloadable: true,
    worker: true,
  },
});
