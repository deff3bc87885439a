/**
 * The metrics that the app itself keeps with a client library of Prometheus, as they travel to the master: one JSON text
 * of families. Both ends: worker/src/metrics/app-metrics.ts and master/src/metrics/apps/. Every value is absolute, as the
 * library has it.
 */
import { count, list, name, opaque, type Row } from './protocol/fields.ts';

/** Characters of one report at the most: what a worker has beyond that is dropped, whole families at a time. */
export const LONGEST_APP_METRICS = 256 * 1_024;

export const APP_METRICS = {
  /** A list of AppFamily. The master reads it when somebody looks, or when the worker has ended. */
  text: opaque(LONGEST_APP_METRICS),
  /** Characters of all families, those that were dropped included. */
  size: count(),
  /** The first families that were dropped for their size. */
  dropped: list(name(200), 16),
};

export type AppMetricsReport = Row<typeof APP_METRICS>;

export type AppMetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** One metric of the app. */
export interface AppFamily {
  readonly name: string;
  readonly help: string;
  readonly type: AppMetricType;
  /** The library's `aggregator`: `sum`, `first`, `min`, `max`, `average`, `omit`. */
  readonly by: string;
  /** Upper bounds of the buckets of a histogram, or the quantiles of a summary; empty for the others. */
  readonly at: readonly number[];
  readonly points: readonly AppPoint[];
}

/**
 * The labels and values of one series: one value of a counter or gauge; the count of each bucket (one more than there are
 * bounds, not cumulative) and the sum of a histogram; the value of each quantile, the sum and the count of a summary.
 * JSON has no word for NaN and the infinities: they are texts there.
 */
export type AppPoint = readonly [labels: Readonly<Record<string, string>>, values: readonly number[]];
