/** Makes metrics of what the master knows: the counts of the workers and its own status. */
import { DURATION_BOUNDS } from '@tshorn/core';
import type { MasterStatus } from '../status.ts';
import type { Family } from './family.ts';
import type { Registry } from './registry.ts';

export function familiesOf(registry: Registry, status: MasterStatus): Family[] {
  const slots = registry.slots();
  const states = new Map<string, number>();
  for (const { state } of status.workers) states.set(state, (states.get(state) ?? 0) + 1);
  return [
    {
      name: 'http_server_request_duration_seconds',
      help: 'Duration of the requests, from their headers to the end of their response',
      type: 'histogram',
      points: slots.flatMap(({ slot, series }) =>
        series.map(({ method, status: code, counts, sumMs }) => ({
          labels: {
            worker: String(slot),
            http_request_method: method,
            http_response_status_code: String(code),
          },
          bounds: DURATION_BOUNDS,
          counts,
          sum: sumMs / 1_000,
        })),
      ),
    },
    {
      name: 'http_server_active_requests',
      help: 'Requests in flight',
      type: 'gauge',
      points: slots.map(({ slot, active }) => ({ labels: { worker: String(slot) }, value: active })),
    },
    {
      name: 'tshorn_workers',
      help: 'Workers by state',
      type: 'gauge',
      points: [...states].map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'tshorn_reloads_total',
      help: 'Reloads since the start of the master, by outcome',
      type: 'counter',
      points: [...registry.reloads].map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
    {
      name: 'tshorn_generation',
      help: 'Generation of the last committed reload',
      type: 'gauge',
      points: [{ labels: {}, value: status.generation }],
    },
  ];
}
