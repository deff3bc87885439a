/** Requests: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/. */
import { DURATION_BOUNDS, NO_RESPONSE, OTHER, OTHER_STATUS, type Series } from '@tshorn/core';
import { type Family, inSeconds, type Labels } from './family.ts';
import type { SlotMetrics } from './registry.ts';

export const workerOf = (slot: number): Labels => ({ worker: String(slot) });

export const httpFamilies = (slots: readonly SlotMetrics[]): Family[] => [
  {
    name: 'http_server_request_duration_seconds',
    help: 'Duration of the requests, from their headers to the end of their response',
    type: 'histogram',
    points: slots.flatMap(({ slot, series }) =>
      series.map((one) => ({
        labels: { ...workerOf(slot), ...labelsOf(one) },
        bounds: DURATION_BOUNDS,
        counts: one.counts,
        sum: inSeconds(one.sumMs),
      })),
    ),
  },
  {
    name: 'http_server_active_requests',
    help: 'Requests in flight',
    type: 'gauge',
    points: slots.map(({ slot, active }) => ({ labels: workerOf(slot), value: active })),
  },
  {
    name: 'tshorn_shed_requests_total',
    help: 'Requests that did not reach the app, by why: with --overload shed, answered with 503, or whose client had left',
    type: 'counter',
    points: slots.flatMap(({ slot, shed = {} }) =>
      Object.entries(shed).map(([reason, value]) => ({ labels: { ...workerOf(slot), reason }, value })),
    ),
  },
];

function labelsOf({ method, status, route }: Series): Labels {
  return {
    http_request_method: method,
    ...(status !== NO_RESPONSE && {
      http_response_status_code: status === OTHER_STATUS ? OTHER : String(status),
    }),
    ...(route !== undefined && { http_route: route }),
    ...errorOf(status),
  };
}

/** The connection ended before the response, or the server has failed. */
function errorOf(status: number): Labels {
  if (status === NO_RESPONSE) return { error_type: 'connection_closed' };
  return status >= 500 ? { error_type: String(status) } : {};
}
