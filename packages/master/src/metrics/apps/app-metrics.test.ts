import type { AppFamily, AppMetricsReport } from '@tshorn/core';
import type { Family } from '../family.ts';
import { AppMetrics } from './app-metrics.ts';

type Told = [event: string, text: string];

const reportOf = (families: readonly unknown[], dropped: string[] = []): AppMetricsReport => ({
  text: JSON.stringify(families),
  size: 0,
  dropped,
});

const counter = (value: unknown, labels: object = {}, name = 'orders_total') => ({
  name,
  help: 'h',
  type: 'counter',
  by: 'sum',
  at: [],
  points: [[labels, [value]]],
});
const gauge = (value: unknown, by = 'sum') => ({
  ...counter(value),
  name: 'open',
  type: 'gauge',
  by,
});
const histogram = (at: number[], counts: number[], sum: number) => ({
  ...counter(0),
  name: 'seconds',
  type: 'histogram',
  at,
  points: [[{ route: '/' }, [...counts, sum]]],
});
const summary = (at: number[], values: number[], sum: number, count: number, by = 'sum') => ({
  ...counter(0),
  name: 'sizes',
  type: 'summary',
  by,
  at,
  points: [[{}, [...values, sum, count]]],
});

function server() {
  const told: Told[] = [];
  const metrics = new AppMetrics(({ event }, text) => told.push([event, text]));
  const points = async (ours: readonly Family[] = []) =>
    Object.fromEntries((await metrics.families(ours)).map((family) => [family.name, family.points]));
  const report = (serial: number, ...families: object[]) =>
    metrics.report(serial, serial % 10, reportOf(families));
  return { metrics, told, points, report };
}

it('a counter is the sum of all workers, and of those that have left', async () => {
  const { metrics, points, report } = server();
  report(1, counter(5));
  report(2, counter(2));
  metrics.ended({ serial: 1 });
  report(11, counter(1));
  metrics.ended({ serial: 3 });
  expect(await points()).toEqual({ orders_total: [{ labels: {}, value: 8 }] });
  metrics.ended({ serial: 2 });
  metrics.ended({ serial: 11 });
  expect(await points()).toEqual({ orders_total: [{ labels: {}, value: 8 }] });
});

it('no counter falls by its last digit, in whichever order the workers leave', async () => {
  const { metrics, points, report } = server();
  // Added up from the left, their sum is 0.6000000000000001; in another order, 0.6.
  for (const [at, value] of [0.1, 0.2, 0.3].entries())
    report(at + 1, counter(value), histogram([1], [1, 0], value));
  const before = await points();
  for (const serial of [3, 2, 1]) {
    metrics.ended({ serial });
    expect(await points()).toEqual(before);
  }
});

it('labels in another order are the same series', async () => {
  const { points, report } = server();
  report(1, counter(5, { a: '1', b: '2' }));
  report(2, counter(2, { b: '2', a: '1' }));
  report(3, counter(1, { b: '2' }));
  expect(await points()).toEqual({
    orders_total: [
      { labels: { a: '1', b: '2' }, value: 7 },
      { labels: { b: '2' }, value: 1 },
    ],
  });
});

it.each([
  ['sum', 9],
  ['made up', 9],
  ['first', 2],
  ['min', 2],
  ['max', 4],
  ['average', 3],
])('a gauge is merged by its aggregator %s, over the workers that live', async (by, value) => {
  const { metrics, points, report } = server();
  report(9, gauge(100, by));
  report(3, gauge(4, by));
  report(2, gauge(3, by));
  report(1, gauge(2, by));
  metrics.ended({ serial: 9 });
  expect(await points()).toEqual({ open: [{ labels: {}, value }] });
});

it('what is to be omitted is omitted; a gauge may be NaN or infinite', async () => {
  const { points, report } = server();
  report(
    1,
    gauge('-Infinity', 'first'),
    { ...gauge('NaN'), name: 'other' },
    { ...gauge(1, 'omit'), name: 'start' },
  );
  expect(await points()).toEqual({
    open: [{ labels: {}, value: Number.NEGATIVE_INFINITY }],
    other: [{ labels: {}, value: Number.NaN }],
  });
});

it('histograms are added up, bucket by bucket', async () => {
  const { metrics, points, report } = server();
  report(1, histogram([1, 2], [1, 2, 3], 10));
  report(2, histogram([1, 2], [1, 0, 0], 0.5));
  metrics.ended({ serial: 1 });
  expect(await points()).toEqual({
    seconds: [{ labels: { route: '/' }, bounds: [1, 2], counts: [2, 2, 3], sum: 10.5 }],
  });
});

it('a release with other buckets changes no sum, and no bucket has more than it should', async () => {
  const { metrics, points, report } = server();
  report(1, histogram([1, 2, 4], [1, 2, 3, 4], 40));
  metrics.ended({ serial: 1 });
  report(2, histogram([2, 3], [1, 1, 1], 10));
  expect(await points()).toEqual({
    seconds: [{ labels: { route: '/' }, bounds: [2, 3], counts: [1 + 1 + 2, 1, 3 + 4 + 1], sum: 50 }],
  });
});

it('a new worker that has observed nothing does not take the buckets away', async () => {
  const { metrics, points, report } = server();
  report(1, histogram([1, 2], [1, 2, 3], 10));
  metrics.ended({ serial: 1 });
  report(2, { ...histogram([], [], 0), points: [] });
  expect(await points()).toEqual({
    seconds: [{ labels: { route: '/' }, bounds: [1, 2], counts: [1, 2, 3], sum: 10 }],
  });
});

it('quantiles of a summary are averages over the workers that have observed something', async () => {
  const { metrics, points, report } = server();
  report(1, summary([0.5, 0.9], [2, 8], 20, 4));
  report(2, summary([0.5, 0.9], [4, 10], 30, 5));
  report(3, summary([0.5, 0.9], [0, 0], 0, 0));
  const merged = (quantiles: number[][], sum: number, count: number) => ({
    sizes: [{ labels: {}, quantiles, sum, count }],
  });
  expect(await points()).toEqual(
    merged(
      [
        [0.5, 3],
        [0.9, 9],
      ],
      50,
      9,
    ),
  );
  metrics.ended({ serial: 1 });
  expect(await points()).toEqual(
    merged(
      [
        [0.5, 4],
        [0.9, 10],
      ],
      50,
      9,
    ),
  );
  metrics.ended({ serial: 2 });
  metrics.ended({ serial: 3 });
  expect(await points()).toEqual(merged([], 50, 9));
  report(4, summary([0.5], [7], 1, 1, 'max'));
  report(5, summary([0.5], [6], 1, 1, 'max'));
  expect(await points()).toEqual(merged([[0.5, 7]], 52, 11));
});

it('the type of the newest worker holds', async () => {
  const { points, report } = server();
  report(1, counter(5));
  report(2, { ...counter(3), type: 'gauge' });
  expect(await points()).toEqual({ orders_total: [{ labels: {}, value: 3 }] });
});

it('names of ours stay ours: one warning, and none for the default metrics of the library', async () => {
  const { told, points, report } = server();
  report(1, counter(5), counter(1, {}, 'process_things'), counter(1, {}, 'h_count'), gauge(1));
  const named = (name: string, type: 'counter' | 'histogram') => ({ name, help: '', type, points: [] });
  const ours = [
    named('orders_total', 'counter'),
    named('process_things', 'counter'),
    named('h', 'histogram'),
  ];
  expect(Object.keys(await points(ours as Family[]))).toEqual(['open']);
  await points(ours as Family[]);
  expect(told).toEqual([
    ['app-metrics-name-taken', expect.stringContaining('for its own: orders_total, h_count; ')],
  ]);
});

it('what has no room in a report stays as it was: one warning', async () => {
  const { metrics, told, points } = server();
  metrics.report(1, 0, reportOf([counter(5), gauge(1)]));
  metrics.report(1, 0, { ...reportOf([gauge(2)], ['orders_total']), size: 300 * 1_024 });
  metrics.report(1, 0, { ...reportOf([gauge(3)], ['orders_total']), size: 300 * 1_024 });
  expect(await points()).toEqual({
    open: [{ labels: {}, value: 3 }],
    orders_total: [{ labels: {}, value: 5 }],
  });
  metrics.ended({ serial: 1 });
  expect(await points()).toEqual({ orders_total: [{ labels: {}, value: 5 }] });
  expect(told).toEqual([
    [
      'app-metrics-too-long',
      expect.stringMatching(
        /take 300 kB in a worker, and 256 kB are the most that it reports: orders_total stay/,
      ),
    ],
  ]);
});

it('a label that is new in each worker does not grow without end', async () => {
  const { metrics, told, points } = server();
  const most = 10_000;
  for (let serial = 1; serial <= 3; serial++) {
    const points = Array.from({ length: 4_000 }, (_, n) => [{ pid: `${serial} ${n}` }, [1]]);
    metrics.report(serial, 0, reportOf([{ ...counter(1), points }]));
    metrics.ended({ serial });
  }
  expect((await points()).orders_total).toHaveLength(most);
  expect(told).toEqual([['app-metrics-forgotten', expect.stringContaining('orders_total')]]);
});

it.each([
  ['no JSON', '{'],
  ['no list', '{"name":"a"}'],
  ['no family', '[null, 5, "x", []]'],
  ['a name with a line break', JSON.stringify([{ ...counter(1), name: 'a\nb 5' }])],
  ['an unknown type', JSON.stringify([{ ...counter(1), type: 'text' }])],
  ['buckets that fall', JSON.stringify([histogram([2, 1], [1, 1, 1], 1)])],
])('nothing is made of %s', async (_, text) => {
  const { metrics, points } = server();
  metrics.report(1, 0, { text, size: 0, dropped: [] });
  expect(await points()).toEqual({});
});

it.each([
  ['a value too many', { ...counter(1), points: [[{}, [1, 2]]] }],
  ['a counter that is no number', counter('NaN')],
  ['a label with a bad name', counter(1, { 'a"b': 'x' })],
  ['the label of buckets', { ...histogram([1], [1, 1], 1), points: [[{ le: '5' }, [1, 1, 1]]] }],
  ['no labels', { ...counter(1), points: [[null, [1]]] }],
])('a series with %s is left out', async (_, family) => {
  const { points, report } = server();
  report(1, family);
  expect(await points()).toEqual({ [(family as AppFamily).name]: [] });
});
