import type { Family } from '../metrics/family.ts';
import { otlpRequest } from './otlp-json.ts';
import { otlpName } from './otlp-names.ts';

const metricsOf = (...families: Family[]) => {
  const request = otlpRequest(families, {
    resource: { 'service.name': 'shop' },
    version: '1.2.3',
    begunAt: 1_700_000_000_000,
    now: 1_700_000_060_000,
  });
  const { resourceMetrics } = request as { resourceMetrics: { scopeMetrics: { metrics: object[] }[] }[] };
  return resourceMetrics[0]?.scopeMetrics[0]?.metrics;
};
const times = { startTimeUnixNano: '1700000000000000000', timeUnixNano: '1700000060000000000' };

it('requests are a cumulative histogram with the names of the semantic conventions', () => {
  const labels = {
    worker: '0',
    http_request_method: 'GET',
    http_response_status_code: '200',
    http_route: '/a',
  };
  const family: Family = {
    name: 'http_server_request_duration_seconds',
    help: 'Durations',
    type: 'histogram',
    points: [{ labels, bounds: [0.1, 1], counts: [3, 2, 1], sum: 4.5 }],
  };
  expect(metricsOf(family)).toEqual([
    {
      name: 'http.server.request.duration',
      description: 'Durations',
      unit: 's',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            attributes: [
              { key: 'worker', value: { stringValue: '0' } },
              { key: 'http.request.method', value: { stringValue: 'GET' } },
              { key: 'http.response.status_code', value: { intValue: '200' } },
              { key: 'http.route', value: { stringValue: '/a' } },
            ],
            ...times,
            count: '6',
            sum: 4.5,
            bucketCounts: ['3', '2', '1'],
            explicitBounds: [0.1, 1],
          },
        ],
      },
    },
  ]);
});

it('a counter is a monotonic sum, a gauge a gauge, and what may rise and fall by steps a sum', () => {
  const point = { labels: {}, value: 2 };
  const family = (name: string, type: 'counter' | 'gauge'): Family => ({
    name,
    help: '',
    type,
    points: [point],
  });
  const dataPoints = [{ attributes: [], ...times, asDouble: 2 }];
  expect(
    metricsOf(
      family('orders_total', 'counter'),
      family('tshorn_generation', 'gauge'),
      family('http_server_active_requests', 'gauge'),
    ),
  ).toEqual([
    {
      name: 'orders_total',
      description: '',
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints },
    },
    { name: 'tshorn_generation', description: '', gauge: { dataPoints } },
    {
      name: 'http.server.active_requests',
      description: '',
      unit: '{request}',
      sum: { aggregationTemporality: 2, isMonotonic: false, dataPoints },
    },
  ]);
});

it('a summary has its quantiles; what JSON has no number for is a text; a family without points is left out', () => {
  const summary: Family = {
    name: 'sizes_bytes',
    help: '',
    type: 'summary',
    points: [{ labels: {}, quantiles: [[0.5, Number.NaN]], sum: Number.POSITIVE_INFINITY, count: 3 }],
  };
  expect(metricsOf(summary, { name: 'none', help: '', type: 'gauge', points: [] })).toEqual([
    {
      name: 'sizes_bytes',
      description: '',
      unit: 'By',
      summary: {
        dataPoints: [
          {
            attributes: [],
            ...times,
            count: '3',
            sum: 'Infinity',
            quantileValues: [{ quantile: 0.5, value: 'NaN' }],
          },
        ],
      },
    },
  ]);
});

it.each([
  ['nodejs_eventloop_delay_p99_seconds', 'nodejs.eventloop.delay.p99', 's'],
  ['process_memory_usage_bytes', 'process.memory.usage', 'By'],
  ['tshorn_reload_duration_seconds', 'tshorn_reload_duration_seconds', 's'],
  ['app_seconds_total', 'app_seconds_total', 's'],
  ['app_ratio', 'app_ratio', '1'],
  ['app_things', 'app_things', ''],
])('%s is %s', (family, name, unit) => {
  expect(otlpName(family)).toMatchObject({ name, unit });
});

it('names its scope and the version of tshorn', () => {
  const sender = { resource: {}, version: '1.2.3', begunAt: 0, now: 1 };
  expect(otlpRequest([], sender)).toMatchObject({
    resourceMetrics: [{ scopeMetrics: [{ scope: { name: 'tshorn', version: '1.2.3' } }] }],
  });
});
