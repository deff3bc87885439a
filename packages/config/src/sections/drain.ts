import { duration, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const drain = section('Drain and stop', {
  grace: {
    kind: duration(),
    default: 30_000,
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
    summary: 'Over how long a draining worker closes its WebSockets, at the end of the grace; 0 cuts them',
    details:
      'They get a close frame 1012 ("service restart") one after the other, so that their clients do not come back in one wave. It is the last part of `grace`, and half of it at most. See [Drain](drain.md#websockets).',
    reloadable: true,
    worker: true,
  },
  handoff: {
    kind: yesNo,
    default: true,
    summary: 'Whether idle connections move to another worker',
    details:
      'Without it they are closed after the linger, and answers of a draining worker announce the close.',
    reloadable: true,
  },
  quickGrace: {
    kind: duration(),
    default: 2000,
    summary: 'How long a quick stop (INT, QUIT) lets requests finish',
    reloadable: true,
  },
  stopDelay: {
    kind: duration(),
    default: 0,
    summary: 'How long to serve on after TERM, before the drain; the status path answers 503 meanwhile',
    details:
      'For load balancers and Kubernetes, which go on sending connections for a while. A second `TERM` ends it, `INT` and `QUIT` do not wait for it. See [Containers](containers.md#a-stop-behind-a-load-balancer).',
    reloadable: true,
  },
});
