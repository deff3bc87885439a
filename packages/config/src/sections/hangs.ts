import { duration, durationOrOff, oneOf, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const hangs = section('Crashes and hangs', {
  crashGrace: {
    kind: duration(),
    default: 5_000,
    summary: 'How long a worker finishes its other requests after an uncaught exception; 0: it ends at once',
    details:
      'Its replacement starts first, and its idle connections move. An app with its own listener for `uncaughtException` decides itself. A worker that was interrupted in an endless loop has the same time. See [Containment](containment.md).',
    reloadable: true,
    worker: true,
  },
  timeout: {
    kind: durationOrOff(2_000),
    default: 30_000,
    summary:
      'How long a worker may miss heartbeats before it is replaced, its stack logged and its code ended; 0: no limit',
    details:
      'A worker sends a heartbeat every two seconds (every second if this is below 10 s) while its event loop turns. So the limit concerns code that blocks the event loop, and not requests that take long. A worker with a debugger attached is left alone.',
    reloadable: true,
    worker: true,
  },
  requestTimeout: {
    kind: duration(),
    default: 60_000,
    summary: 'How long a request may wait for its response headers before a warning is logged; 0: no warning',
    details:
      'Nothing is closed. An event stream sends its headers at once and does not count; a long poll that takes longer does. Most proxies give up on a request after a minute.',
    reloadable: true,
    worker: true,
  },
  loopDelayWarning: {
    kind: duration(),
    default: 1_000,
    summary: 'How late the event loop of a worker may be before a warning is logged; 0: no warning',
    reloadable: true,
    worker: true,
  },
  onHang: {
    kind: oneOf('rescue', 'kill'),
    default: 'rescue',
    summary: 'rescue: save the other connections and requests of a worker that hangs; kill: end it',
    details: 'The reason is found and logged in both cases. See [Containment](containment.md).',
    reloadable: true,
  },
  hangDebugger: {
    kind: yesNo,
    default: true,
    summary: 'Open the inspector of a worker that hangs, on loopback, to read its stack and to rescue it',
    details:
      'It is open for as short a time as possible. Without it the kernel alone is asked, and a worker that hangs is killed.',
    reloadable: true,
  },
});
