/**
 * What is kept of one metric of the app: the sum over the workers that have left. A worker that leaves costs its own series
 * and not all that are kept.
 */
import type { AppFamily, AppPoint } from '@tshorn/core';
import { AGGREGATORS, keyOf, withBuckets, withoutQuantiles } from './merge.ts';
import { roundedOff } from './sum.ts';

interface Sums {
  readonly labels: AppPoint[0];
  readonly values: number[];
  /** What the additions of `values` have rounded off. */
  readonly rest: number[];
}

export class Kept {
  #family: AppFamily;
  #series = new Map<string, Sums>();

  constructor(first: AppFamily) {
    this.#family = { ...plain(first), points: [] };
  }

  /** Gauges tell about workers that live, and so do counters that are not added up. */
  static isFor({ type, by }: AppFamily): boolean {
    return type !== 'gauge' && by !== 'omit' && !(type === 'counter' && AGGREGATORS[by]);
  }

  get size(): number {
    return this.#series.size;
  }

  /** Two, whose sum is the exact one. */
  get families(): [values: AppFamily, rest: AppFamily] {
    const all = [...this.#series.values()];
    const inexact = all.filter(({ rest }) => rest.some((part) => part !== 0));
    return [
      { ...this.#family, points: all.map(({ labels, values }): AppPoint => [labels, values]) },
      { ...this.#family, points: inexact.map(({ labels, rest }): AppPoint => [labels, rest]) },
    ];
  }

  /**
   * Adds the last values of a worker. The type and the buckets of the last one hold for all.
   * @param room for so many new series
   * @returns false when there was not enough
   */
  add(last: AppFamily, room: number): boolean {
    const { points, ...family } = plain(last);
    if (family.type !== this.#family.type) this.#series.clear();
    else if (points.length > 0 && !isSame(family.at, this.#family.at)) this.#useBuckets(family.at);
    if (points.length > 0) this.#family = { ...family, points: [] };
    const most = this.#series.size + room;
    let fits = true;
    for (const [labels, values] of points) {
      const key = keyOf(labels);
      const known = this.#series.get(key);
      if (known) addTo(known, values);
      else if (this.#series.size < most)
        this.#series.set(key, { labels, values: [...values], rest: values.map(() => 0) });
      else fits = false;
    }
    return fits;
  }

  #useBuckets(bounds: readonly number[]): void {
    const counted = (values: readonly number[]) =>
      withBuckets({ ...this.#family, points: [[{}, values]] }, bounds).points.flatMap(([, counts]) => counts);
    for (const [key, { labels, values, rest }] of this.#series)
      this.#series.set(key, { labels, values: counted(values), rest: counted(rest) });
  }
}

function addTo({ values, rest }: Sums, more: readonly number[]): void {
  more.forEach((value, index) => {
    const before = values[index] ?? 0;
    values[index] = before + value;
    rest[index] = (rest[index] ?? 0) + roundedOff(before, value);
  });
}

/** Quantiles of the past tell nothing about now. */
const plain = (family: AppFamily): AppFamily =>
  family.type === 'summary' ? withoutQuantiles(family) : family;

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((number, index) => number === other[index]);
