/**
 * Merges one metric of the app over its workers: counters, histograms and summaries are added up, with those of the
 * workers that have left; gauges are merged by the `aggregator` that the app has chosen, over the workers that live.
 * Pure.
 */
import type { AppFamily, AppPoint } from '@tshorn/core';
import type { Family } from '../family.ts';
import { sum } from './sum.ts';

/** The families of one name, of one worker each. */
export interface Parts {
  /** In the order of the slots. */
  readonly live: readonly AppFamily[];
  /** Those that have left: their sum is that of these. */
  readonly left: readonly AppFamily[];
  /** That of the newest worker: its type, help and buckets hold for all. */
  readonly newest: AppFamily;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: number[][];
}

/** As in the libraries: an unknown aggregator is a sum. */
export const AGGREGATORS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  first: ([value = Number.NaN]) => value,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  average: (values) => sum(values) / values.length,
};

/** Undefined where the app omits the metric from what is merged. */
export function merge({ live, left, newest }: Parts): Family | undefined {
  const { name, help, type, by, at } = newest;
  if (by === 'omit') return undefined;
  const fits = (family: AppFamily) => family.type === type;
  const parts = live.filter(fits);
  const all = [...parts, ...left.filter(fits)];
  switch (type) {
    case 'counter': {
      // Any other aggregator says that the values are not to be added up, those of the past least of all.
      const aggregate = AGGREGATORS[by];
      const points = [...seriesOf(aggregate ? parts : all).values()].map(({ labels, values }) => ({
        labels,
        value: (aggregate ?? sum)(values.map(([value = 0]) => value)),
      }));
      return { name, help, type, points };
    }
    case 'gauge': {
      const points = [...seriesOf(parts).values()].map(({ labels, values }) => ({
        labels,
        value: (AGGREGATORS[by] ?? sum)(values.map(([value = 0]) => value)),
      }));
      return { name, help, type, points };
    }
    case 'histogram': {
      const added = addUp(all, newest);
      const points = added.points.map(([labels, values]) => ({
        labels,
        bounds: at,
        counts: values.slice(0, -1),
        sum: values.at(-1) ?? 0,
      }));
      return { name, help, type, points };
    }
    default:
      return { name, help, type, points: summaries(all, newest) };
  }
}

/** Adds up histograms; the buckets are those of `newest`. */
function addUp(families: readonly AppFamily[], newest: AppFamily): AppFamily {
  const alike = families.map((family) => withBuckets(family, newest.at));
  const points = [...seriesOf(alike).values()].map(
    ({ labels, values: [first = [], ...others] }): AppPoint => [
      labels,
      first.map((value, index) => sum([value, ...others.map((other) => other[index] ?? 0)])),
    ],
  );
  return { ...newest, points };
}

/**
 * A release may change the buckets of a histogram. What was counted in an old bucket counts in the first new one that
 * has room for all of it: sum and count stay as they are, and no bucket has more than it should.
 */
export function withBuckets(family: AppFamily, bounds: readonly number[]): AppFamily {
  const { at } = family;
  if (at.length === bounds.length && at.every((bound, index) => bound === bounds[index])) return family;
  const targets = at.map((bound) => {
    const found = bounds.findIndex((wanted) => wanted >= bound);
    return found < 0 ? bounds.length : found;
  });
  const points = family.points.map(([labels, values]): AppPoint => {
    const counts = new Array<number>(bounds.length + 1).fill(0);
    values.slice(0, -1).forEach((count, index) => {
      const target = targets[index] ?? bounds.length;
      counts[target] = (counts[target] ?? 0) + count;
    });
    return [labels, [...counts, values.at(-1) ?? 0]];
  });
  return { ...family, at: bounds, points };
}

export function withoutQuantiles(family: AppFamily): AppFamily {
  const points = family.points.map(([labels, values]): AppPoint => [labels, values.slice(-2)]);
  return { ...family, at: [], points };
}

/**
 * The sum and the count are added up. Quantiles cannot be merged exactly: they are the average over the workers that have
 * observed something (the libraries would add them up), or what another aggregator makes of them.
 */
function summaries(families: readonly AppFamily[], { at, by }: AppFamily) {
  const quantiles = families.filter((family) => family.at.length > 0);
  const observed = new Map<string, Map<number, number[]>>();
  for (const family of quantiles) {
    for (const [labels, values] of family.points) {
      if (!((values.at(-1) ?? 0) > 0)) continue;
      const key = keyOf(labels);
      const known = observed.get(key) ?? new Map<number, number[]>();
      observed.set(key, known);
      family.at.forEach((quantile, index) => {
        const value = values[index] ?? Number.NaN;
        if (!Number.isNaN(value)) known.set(quantile, [...(known.get(quantile) ?? []), value]);
      });
    }
  }
  const aggregate = AGGREGATORS[by] ?? (AGGREGATORS.average as (values: readonly number[]) => number);
  return [...seriesOf(families.map(withoutQuantiles))].map(([key, { labels, values }]) => ({
    labels,
    quantiles: at.flatMap((quantile) => {
      const of = observed.get(key)?.get(quantile);
      return of ? [[quantile, aggregate(of)] as const] : [];
    }),
    sum: sum(values.map(([total = 0]) => total)),
    count: sum(values.map(([, count = 0]) => count)),
  }));
}

/** The series of all families by their labels. */
function seriesOf(families: readonly AppFamily[]): Map<string, Series> {
  const all = new Map<string, Series>();
  for (const { points } of families) {
    for (const [labels, values] of points) {
      const key = keyOf(labels);
      const known = all.get(key);
      if (known) known.values.push([...values]);
      else all.set(key, { labels, values: [[...values]] });
    }
  }
  return all;
}

/** Labels in any order. */
export function keyOf(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  return names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(',');
}
