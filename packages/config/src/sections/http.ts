import { duration } from '../kinds.ts';
import { section } from '../row.ts';

export const http = section('HTTP', {
  keepAliveTimeout: {
    kind: duration(),
    default: 75_000,
    summary: 'How long an idle keep-alive connection stays open',
    details:
      "The default applies to servers whose app has left Node's own 5 s alone; a value that is given applies always. It has to be longer than the idle timeout of a load balancer in front (often 60 s): else the balancer sends a request on a connection that is just being closed, and its client sees a 502 now and then.",
    reloadable: true,
    worker: true,
  },
  headersTimeout: {
    kind: duration(),
    default: 60_000,
    summary: 'How long a client may take to send its headers',
    reloadable: true,
    worker: true,
  },
});
