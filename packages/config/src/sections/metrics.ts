import { yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const metrics = section('Metrics', {
  metrics: {
    kind: yesNo,
    default: true,
    summary: 'Count requests by method, status and duration in each worker',
    details: 'Without it, `/metrics`, `tshorn top` and the page show the server and no requests.',
    reloadable: true,
    worker: true,
  },
});
