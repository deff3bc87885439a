import { appFamilies, writeReport } from './app-families.ts';
import { AppRegistries, type AppRegistry, type Metric } from './app-registries.ts';

class FakeMetric implements Metric {
  readonly name: string;
  readonly #got: () => unknown;
  constructor(name: string, got: () => unknown) {
    this.name = name;
    this.#got = got;
  }
  get = async () => this.#got();
}

const counter = (name: string, value = 1, labels = {}) =>
  new FakeMetric(name, () => ({
    name,
    help: 'h',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value, labels }],
  }));

const registryOf = (metrics: readonly object[], more: object = {}): AppRegistry => ({
  getMetricsAsArray: () => metrics as Metric[],
  registerMetric: () => {},
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  ...more,
});

const failures: [string, string][] = [];
beforeEach(() => failures.splice(0));
const read = (registries: readonly AppRegistry[], withinMs = 5_000) =>
  appFamilies(registries, { withinMs, onFailed: (metric, reason) => failures.push([metric, reason]) });

test('a metric in several registries counts once; a copy of values does not count', async () => {
  const one = counter('a_total');
  const copy = { name: 'a_total', get: () => ({}) };
  const families = await read([registryOf([one]), registryOf([one, copy, counter('b_total')])]);
  expect(families.map(({ name }) => name)).toEqual(['a_total', 'b_total']);
});

test('default labels of a registry are added, and its metrics stay as they are', async () => {
  const labels = { code: 200 };
  const [family] = await read([
    registryOf([counter('a_total', 1, labels)], { _defaultLabels: { app: 'shop', code: 'none' } }),
  ]);
  expect(family?.points).toEqual([[{ app: 'shop', code: '200' }, [1]]]);
  expect(labels).toEqual({ code: 200 });
});

test('a counter of an OpenMetrics registry has the name that its own text shows', async () => {
  const contentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  const families = await read([registryOf([counter('a'), counter('b_total')], { contentType })]);
  expect(families.map(({ name }) => name)).toEqual(['a_total', 'b_total']);
});

test('a histogram is written with the count of each bucket', async () => {
  const of = (route: string, counts: number[], sum: number) => [
    ...['1', '2', '+Inf'].map((le, index) => ({
      labels: { le: le === '+Inf' ? le : Number(le), route },
      value: counts[index],
      metricName: 'h_bucket',
    })),
    { labels: { route }, value: sum, metricName: 'h_sum' },
    { labels: { route }, value: counts.at(-1), metricName: 'h_count' },
  ];
  const got = { name: 'h', help: 'h', type: 'histogram', aggregator: 'sum' };
  const values = [...of('/a', [1, 3, 6], 20), ...of('/b', [0, 0, 1], 5)];
  const [family] = await read([registryOf([new FakeMetric('h', () => ({ ...got, values }))])]);
  expect(family).toEqual({
    name: 'h',
    help: 'h',
    type: 'histogram',
    by: 'sum',
    at: [1, 2],
    points: [
      [{ route: '/a' }, [1, 2, 3, 20]],
      [{ route: '/b' }, [0, 0, 1, 5]],
    ],
  });
});

test('a summary is written with its quantiles, sum and count', async () => {
  const got = {
    name: 's',
    help: 'h',
    type: 'summary',
    values: [
      { labels: { quantile: 0.5 }, value: 3 },
      { labels: { quantile: 0.9 }, value: 7 },
      { labels: {}, value: 20, metricName: 's_sum' },
      { labels: {}, value: 4, metricName: 's_count' },
    ],
  };
  const [family] = await read([registryOf([new FakeMetric('s', () => got)])]);
  expect(family).toMatchObject({ by: 'sum', at: [0.5, 0.9], points: [[{}, [3, 7, 20, 4]]] });
});

test('a summary without labels is written as well, whose sum and count have none at all', async () => {
  const values = [
    { labels: { quantile: 0.5 }, value: 11 },
    { value: 22, metricName: 's_sum' },
    { value: 2, metricName: 's_count' },
  ];
  const got = { name: 's', help: 'h', type: 'summary', aggregator: 'sum', values };
  const [family] = await read([registryOf([new FakeMetric('s', () => got)])]);
  expect(family).toMatchObject({ at: [0.5], points: [[{}, [11, 22, 2]]] });
  expect(failures).toEqual([]);
});

test('a metric whose collect() throws or never ends costs no other metric its values', async () => {
  const throws = new FakeMetric('throws', () => {
    throw new Error('no database');
  });
  const never = new FakeMetric('never', () => new Promise(() => {}));
  const families = await read([registryOf([throws, never, counter('a_total')])], 20);
  expect(families.map(({ name }) => name)).toEqual(['a_total']);
  expect(failures).toEqual([
    ['throws', expect.stringContaining('no database')],
    ['never', 'its collect() has not ended within 20 ms'],
  ]);
});

test('a report has whole families, and names those that have no room', () => {
  const family = (name: string, series: number) => ({
    name,
    help: '',
    type: 'gauge' as const,
    by: 'sum',
    at: [],
    points: Array.from({ length: series }, (_, n) => [{ n: String(n) }, [Number.NaN]] as const),
  });
  const { text, size, dropped } = writeReport([family('a', 2), family('b', 50), family('c', 2)], 400);
  expect(JSON.parse(text).map(({ name }: { name: string }) => name)).toEqual(['a', 'c']);
  expect(text).toContain('["NaN"]');
  expect(dropped).toEqual(['b']);
  expect(text.length).toBeLessThanOrEqual(400);
  expect(size).toBeGreaterThan(1_000);
});

test('every registry is found to which a metric is added, from the moment that the library is loaded', () => {
  class Registry {
    metrics: object[] = [];
    contentType = '';
    registerMetric(metric: object) {
      this.metrics.push(metric);
    }
    getMetricsAsArray() {
      return this.metrics;
    }
  }
  const globalRegistry = new Registry();
  let found = 0;
  const registries = new AppRegistries(() => found++);
  registries.found(Object.assign(Registry, { globalRegistry }));
  const own = new Registry();
  const metric = counter('a_total');
  own.registerMetric(metric);
  own.registerMetric(counter('b_total'));
  expect([...registries.live()]).toEqual([globalRegistry, own]);
  expect(own.metrics[0]).toBe(metric);
  expect(found).toBe(1);
});

test.each([undefined, null, 5, {}, class {}])('a file that exports %p is left alone', (exported) => {
  const registries = new AppRegistries(() => {
    throw new Error('found');
  });
  registries.found(exported);
  expect([...registries.live()]).toEqual([]);
});
