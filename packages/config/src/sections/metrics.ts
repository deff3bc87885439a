import { yesNo } from '../kinds.ts';
import { section } from '../row.ts';

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
});
