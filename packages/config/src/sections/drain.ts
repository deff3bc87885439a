import { duration, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const drain = section('Drain and stop', {
  grace: {
    kind: duration(),
    default: 30_000,
    watchDefault: 2_000,
    summary: 'How long a draining worker may finish its requests before it is killed',
    reloadable: true,
  },
  idleLinger: {
    kind: duration(),
    default: 1000,
    summary: 'How long a draining worker waits for the next request on an idle connection',
    reloadable: true,
    worker: true,
  },
  websocketSpread: {
    kind: duration(),
    default: 5_000,
    summary:
      'How long before the end of the grace period WebSockets are closed one by one; 0: all at its end',
    details:
      'Each gets the close frame 1012 ("service restart"), so that the clients do not reconnect in one wave. It is at most half of `grace`. See [Drain](drain.md#websockets).',
    reloadable: true,
    worker: true,
  },
  handoff: {
    kind: yesNo,
    default: true,
    summary: 'Move idle connections to another worker when theirs drains',
    details:
      'Without it they are closed after the linger, and the responses of a draining worker announce the close.',
    reloadable: true,
  },
  quickGrace: {
    kind: duration(),
    default: 2000,
    watchDefault: 500,
    summary: 'How long a quick stop (INT, QUIT) lets requests finish',
    reloadable: true,
  },
  stopDelay: {
    kind: duration(),
    default: 0,
    summary: 'How long to serve on after TERM, before the drain; the status path answers 503 meanwhile',
    details:
      'Load balancers and Kubernetes send new connections for a while after TERM. A second `TERM` ends the delay; `INT` and `QUIT` skip it. See [Containers](containers.md#a-stop-behind-a-load-balancer).',
    reloadable: true,
  },
});
