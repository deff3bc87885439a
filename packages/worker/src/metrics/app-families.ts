/** Reads the metrics of the app's registries, and writes them as the master reads them (core/src/app-metrics.ts). */
import { type AppFamily, type AppMetricType, describeThrown, LONGEST_APP_METRICS } from '@tshorn/core';
import type { AppRegistry, Metric } from './app-registries.ts';

/** What `get()` of a metric resolves to, in both libraries. */
interface Got {
  readonly name: string;
  readonly help: string;
  readonly type: AppMetricType;
  readonly aggregator?: string;
  readonly values: readonly Value[];
}

interface Value {
  readonly value: number;
  /** Absent in the sum and the count of a summary of @prometheus-io/client that was made without labels. */
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly metricName?: string;
}

type Labels = Record<string, string>;

interface Series {
  readonly at: readonly number[];
  readonly labels: Labels;
  readonly values: readonly number[];
}

/** The label that tells the values of one series apart. */
const PARTS: Partial<Record<AppMetricType, string>> = { histogram: 'le', summary: 'quantile' };
const OPEN_METRICS = /^application\/openmetrics-text/;

interface Reading {
  /** A metric that has not told its values by then is left out. */
  readonly withinMs: number;
  /** Called for each metric that cannot be read, with its name and the reason. */
  onFailed(metric: string, reason: string): void;
}

/** The metrics of all registries; one that is in several registries once. The app's own `collect` functions run. */
export async function appFamilies(
  registries: Iterable<AppRegistry>,
  { withinMs, onFailed }: Reading,
): Promise<AppFamily[]> {
  const metrics = new Map<Metric, AppRegistry>();
  for (const registry of registries) {
    for (const metric of registry.getMetricsAsArray()) {
      // What Registry.aggregate() puts into a registry is no metric, but a copy of values.
      const isCopy = Object.getPrototypeOf(metric) === Object.prototype;
      if (!isCopy && !metrics.has(metric)) metrics.set(metric, registry);
    }
  }
  const read = new Map<Metric, AppFamily | undefined>();
  const reading = [...metrics].map(async ([metric, registry]) => {
    try {
      read.set(metric, await readMetric(metric, registry));
    } catch (error) {
      read.set(metric, undefined);
      onFailed(metric.name, describeThrown(error));
    }
  });
  await settled(reading, withinMs);
  for (const metric of metrics.keys()) {
    if (!read.has(metric)) onFailed(metric.name, `its collect() has not ended within ${withinMs} ms`);
  }
  return [...metrics.keys()].flatMap((metric) => read.get(metric) ?? []);
}

/** Keeps no process alive, other than a deadline that is an error. */
async function settled(promises: readonly Promise<void>[], withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs).unref();
  });
  await Promise.race([Promise.all(promises), expiry]);
  clearTimeout(timer);
}

async function readMetric(metric: Metric, registry: AppRegistry): Promise<AppFamily> {
  const got = (await metric.get()) as Got;
  const { _defaultLabels: defaults = {} } = registry as { _defaultLabels?: Record<string, unknown> };
  const all = seriesOf(got, textsOf(defaults));
  const { help, type, aggregator = 'sum' } = got;
  // The library takes the ending off the name of a counter at each scrape in this format, and puts it on in the text.
  const isOpenMetrics = type === 'counter' && OPEN_METRICS.test(registry.contentType);
  const name = isOpenMetrics ? `${got.name.replace(/_total$/, '')}_total` : got.name;
  const points = all.map(({ labels, values }) => [labels, values] as const);
  return { name, help, type, by: aggregator, at: all[0]?.at ?? [], points };
}

/** The values of a histogram or a summary come one series after the other, and each ends with its count. */
function seriesOf({ name, type, values }: Got, defaults: Labels): Series[] {
  const part = PARTS[type];
  if (part === undefined) {
    return values.map(({ value, labels = {} }) => ({
      at: [],
      labels: { ...defaults, ...textsOf(labels) },
      values: [value],
    }));
  }
  const all: Series[] = [];
  let at: number[] = [];
  let parts: number[] = [];
  let sum = 0;
  for (const { value, labels = {}, metricName } of values) {
    if (metricName === `${name}_sum`) sum = value;
    else if (metricName === `${name}_count`) {
      const numbers = type === 'histogram' ? [...perBucket(parts), sum] : [...parts, sum, value];
      all.push({ at, labels: { ...defaults, ...textsOf(labels) }, values: numbers });
      at = [];
      parts = [];
    } else {
      parts.push(value);
      if (labels[part] !== '+Inf') at.push(Number(labels[part]));
    }
  }
  return all;
}

const perBucket = (rising: readonly number[]): number[] =>
  rising.map((count, index) => count - (rising[index - 1] ?? 0));

const textsOf = (labels: Readonly<Record<string, unknown>>): Labels => {
  const texts: Labels = {};
  for (const name of Object.keys(labels)) texts[name] = String(labels[name]);
  return texts;
};

/** JSON writes null for these. */
const inWords = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

export interface AppReport {
  readonly text: string;
  readonly size: number;
  readonly dropped: readonly string[];
}

/** Whole families, until the text is full; a smaller one may follow one that does not fit. */
export function writeReport(families: readonly AppFamily[], longest = LONGEST_APP_METRICS): AppReport {
  const written: string[] = [];
  const dropped: string[] = [];
  let size = 2;
  let length = 2;
  for (const family of families) {
    const text = JSON.stringify(family, inWords);
    size += text.length + 1;
    if (length + text.length + 1 > longest) dropped.push(family.name);
    else {
      length += text.length + 1;
      written.push(text);
    }
  }
  return { text: `[${written.join(',')}]`, size, dropped };
}
