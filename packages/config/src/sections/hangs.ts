import { duration, durationOrOff } from '../kinds.ts';
import { section } from '../row.ts';

export const hangs = section('Hangs', {
  timeout: {
    kind: durationOrOff(2_000),
    default: 30_000,
    summary: 'How long a worker may give no heartbeat before it is explained, killed and replaced; 0 is off',
    details:
      'A worker gives one every two seconds (every second where this is below 10 s) while its event loop turns, so this is about code that never lets go of it, not about requests that take long. A worker that a debugger has been attached to is left alone.',
    reloadable: true,
    worker: true,
  },
  requestTimeout: {
    kind: duration(),
    default: 60_000,
    summary: 'How long a request may wait for its response headers before the log warns of it; 0 is off',
    details:
      'Nothing is force-closed. An event stream sends its headers at once and is never meant; a long poll is, where it is longer than this. After a minute most proxies have given up on the request.',
    reloadable: true,
    worker: true,
  },
  loopDelayWarning: {
    kind: duration(),
    default: 1_000,
    summary: 'How late the event loop of a worker may be before the log warns of it; 0 is off',
    reloadable: true,
    worker: true,
  },
});
