/**
 * What is kept of one metric of the app: the sum over the workers that have left. A worker that leaves costs its own series
 * and not all that are kept.
 */
import type { AppFamily, AppPoint } from '@tshorn/core';
import { AGGREGATORS, keyOf, withBuckets, withoutQuantiles } from './merge.ts';

export class Kept {
  #family: AppFamily;
  #series = new Map<string, readonly [labels: AppPoint[0], values: number[]]>();

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

  get family(): AppFamily {
    return { ...this.#family, points: [...this.#series.values()] };
  }

  /**
   * Adds the last values of a worker. The type and the buckets of the last one hold for all.
   * @param room for so many new series
   * @returns false when there was not enough
   */
  add(last: AppFamily, room: number): boolean {
    const { points, ...family } = plain(last);
    if (family.type !== this.#family.type) this.#series.clear();
    else if (points.length > 0 && !isSame(family.at, this.#family.at))
      this.#use(withBuckets(this.family, family.at));
    if (points.length > 0) this.#family = { ...family, points: [] };
    const most = this.#series.size + room;
    let fits = true;
    for (const [labels, values] of points) {
      const key = keyOf(labels);
      const known = this.#series.get(key)?.[1];
      if (known) {
        values.forEach((value, index) => {
          known[index] = (known[index] ?? 0) + value;
        });
      } else if (this.#series.size < most) this.#series.set(key, [labels, [...values]]);
      else fits = false;
    }
    return fits;
  }

  #use({ points }: AppFamily): void {
    this.#series = new Map(points.map(([labels, values]) => [keyOf(labels), [labels, [...values]]]));
  }
}

/** Quantiles of the past tell nothing about now. */
const plain = (family: AppFamily): AppFamily =>
  family.type === 'summary' ? withoutQuantiles(family) : family;

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((number, index) => number === other[index]);
