import { orNone, text, yesNo } from '../kinds.ts';
import { section } from '../row.ts';
import { hostPort } from '../udp-kinds.ts';

export const metrics = section('Metrics', {
  metrics: {
    kind: yesNo,
    default: true,
    summary: 'Count requests by method, status and duration in each worker',
    details:
      'Without it, `/metrics` and `tshorn top` show the server, and its requests neither by status nor by duration.',
    reloadable: true,
    worker: true,
  },
  appMetrics: {
    kind: yesNo,
    default: true,
    summary:
      'Add what the app keeps with prom-client or @prometheus-io/client to /metrics, merged over the workers',
    details:
      'A worker reads the metrics of the app every two seconds, and more rarely where that takes long. See [Metrics of the app](app-metrics.md).',
    reloadable: true,
    worker: true,
  },
  statsd: {
    kind: orNone(hostPort, undefined),
    default: undefined,
    summary:
      'The StatsD server that is sent requests, durations, workers and log lines, with the names of Gunicorn',
    details: 'HOST:PORT, by UDP, every two seconds. See [Push](push.md#statsd).',
    fix: 'write the host and the port, as in localhost:8125; 8125 is the usual port of StatsD',
    reloadable: false,
  },
  statsdPrefix: {
    kind: orNone(text('PREFIX', 'a prefix such as shop.web'), ''),
    default: '',
    summary: 'The prefix of the names that StatsD is sent',
    details: 'A dot follows it: `shop` makes `shop.gunicorn.requests`.',
    reloadable: false,
  },
  endpointLoadMetrics: {
    kind: yesNo,
    default: false,
    summary:
      'Add the load of its worker to each response, for Envoy: the header endpoint-load-metrics of ORCA',
    details: 'See [Load for Envoy](push.md#load-for-envoy).',
    reloadable: true,
    worker: true,
  },
});
