import { duration, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const http = section('HTTP', {
  http2: {
    kind: yesNo,
    default: false,
    summary: 'Speaks HTTP/2 too: by ALPN on https addresses, by prior knowledge (h2c) on plain ones',
    details:
      'Each stream reaches the app as an ordinary request. A client of HTTP/1.1 is served as before. See [HTTP/2](http2.md).',
    reloadable: true,
    worker: true,
  },
  keepAliveTimeout: {
    kind: duration(),
    default: 75_000,
    summary: 'How long an idle keep-alive connection stays open',
    details:
      "The default applies to servers whose app has left Node's own 5 s alone; a value that you give applies always. It must be longer than the idle timeout of a load balancer in front (often 60 s). Otherwise the balancer sometimes sends a request on a connection that is being closed, and its client sees a 502.",
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
