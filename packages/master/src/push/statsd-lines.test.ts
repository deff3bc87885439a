import type { Family } from '../metrics/family.ts';
import { datagrams, type StatsdCounts, statsdCounts, statsdLines, statsdPrefix } from './statsd-lines.ts';

const counts = (more: Partial<StatsdCounts>): StatsdCounts => ({
  workers: 2,
  statuses: new Map(),
  bounds: [0.01, 0.1],
  buckets: [0, 0, 0],
  sum: 0,
  log: {},
  ...more,
});

it('sums the workers of our families', () => {
  const point = (worker: string, status: string, ...buckets: number[]) => ({
    labels: { worker, ...(status && { http_response_status_code: status }) },
    bounds: [0.01, 0.1],
    counts: buckets,
    sum: 1,
  });
  const families: Family[] = [
    {
      name: 'http_server_request_duration_seconds',
      help: '',
      type: 'histogram',
      points: [point('0', '200', 3, 1, 0), point('1', '200', 1, 0, 0), point('1', '', 0, 0, 1)],
    },
    {
      name: 'tshorn_workers',
      help: '',
      type: 'gauge',
      points: [
        { labels: { state: 'ready' }, value: 3 },
        { labels: { state: 'draining' }, value: 1 },
      ],
    },
  ];
  expect(statsdCounts(families, { error: 1 })).toEqual({
    workers: 4,
    statuses: new Map([
      ['200', 5],
      ['0', 1],
    ]),
    bounds: [0.01, 0.1],
    buckets: [4, 1, 1],
    sum: 3,
    log: { error: 1 },
  });
});

it('sends what was counted since the last lines, with the names of Gunicorn', () => {
  const before = counts({
    statuses: new Map([['200', 10]]),
    buckets: [10, 0, 0],
    sum: 1,
    log: { warning: 1 },
  });
  const statuses = new Map([
    ['200', 12],
    ['404', 1],
    ['0', 1],
    ['_OTHER', 1],
  ]);
  const now = counts({
    statuses,
    buckets: [12, 2, 1],
    sum: 1.22,
    log: { critical: 0, error: 1, warning: 3 },
  });
  expect(statsdLines(before, now, 'shop.')).toEqual([
    'shop.gunicorn.workers:2|g',
    'shop.gunicorn.requests:5|c',
    'shop.gunicorn.request.status.200:2|c',
    'shop.gunicorn.request.status.404:1|c',
    'shop.gunicorn.request.duration:2.5|ms',
    'shop.gunicorn.request.duration:7.5|ms',
    'shop.gunicorn.request.duration:32.5|ms',
    'shop.gunicorn.request.duration:77.5|ms',
    'shop.gunicorn.request.duration:100|ms',
    'shop.gunicorn.log.error:1|c',
    'shop.gunicorn.log.warning:2|c',
  ]);
  expect(statsdLines(now, now, '')).toEqual(['gunicorn.workers:2|g']);
});

/** The values of the lines, in milliseconds. */
const durationsOf = (buckets: number[], ms: number): number[] =>
  statsdLines(counts({}), counts({ buckets, sum: ms / 1_000 }), '')
    .slice(1)
    .map((line) => Number(/:([\d.]+)\|ms/.exec(line)?.[1]));
const meanOf = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

it.each<[string, number[], number]>([
  ['far below the middle of their bucket', [4, 0, 0], 0.4],
  ['far above it', [4, 0, 0], 9],
  ['in two buckets', [2, 2, 0], 30],
  ['beyond the last bound', [3, 0, 1], 900],
  ['beyond it alone', [0, 0, 2], 5_000],
])('the mean of durations is that of the requests, and each stays in its bucket: %s', (_, buckets, mean) => {
  const values = durationsOf(buckets, mean * 4 * (buckets[2] === 2 ? 0.5 : 1));
  expect(meanOf(values)).toBeCloseTo(mean, 2);
  const within = (from: number, to: number) => values.filter((value) => value > from && value <= to).length;
  expect([within(0, 10), within(10, 100), within(100, 1e9)]).toEqual(buckets);
});

it('a sum that the buckets cannot have moves no duration out of its bucket', () => {
  expect(durationsOf([2, 0, 0], 500)).toEqual([10, 10]);
  expect(durationsOf([0, 2, 0], 1)).toEqual([10, 10]);
});

it('many durations are sampled: the counts stay right, and each bucket keeps its share', () => {
  const lines = statsdLines(counts({}), counts({ buckets: [9_000, 999, 1], sum: 90 }), '').slice(1);
  const standFor = lines.map((line) => 1 / Number(/@(.*)$/.exec(line)?.[1] ?? 1));
  expect(lines).toHaveLength(450 + 50 + 1);
  expect(Math.round(standFor.reduce((sum, one) => sum + one, 0))).toBe(10_000);
  expect(lines.at(-1)).toBe('gunicorn.request.duration:100|ms');
});

it.each([
  ['', ''],
  ['shop', 'shop.'],
  ['shop.', 'shop.'],
  ['shop.web..', 'shop.web.'],
])('the prefix %j is %j', (given, prefix) => expect(statsdPrefix(given)).toBe(prefix));

it('datagrams fit into a packet, and no line is cut', () => {
  const lines = Array.from({ length: 100 }, (_, n) => `gunicorn.request.status.${n}:1|c`);
  const packed = datagrams(lines);
  expect(packed.length).toBeGreaterThan(1);
  expect(Math.max(...packed.map(({ length }) => length))).toBeLessThanOrEqual(1_432);
  expect(packed.join('\n').split('\n')).toEqual(lines);
  expect(datagrams([])).toEqual([]);
});
