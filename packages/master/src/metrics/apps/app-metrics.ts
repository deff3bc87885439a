/**
 * The metrics that the app itself keeps with a client library of Prometheus: the last report of each worker, and the sums
 * of those that have left. Reports are read when somebody looks. Created by Observed; the other end is
 * worker/src/metrics/app-metrics.ts.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import { type AppFamily, type AppMetricsReport, LONGEST_APP_METRICS } from '@tshorn/core';
import type { Family } from '../family.ts';
import { Kept } from './kept.ts';
import { merge, type Parts } from './merge.ts';
import { readReport } from './read.ts';

/** Series of workers that have left. A label such as the pid would make new ones for ever. */
const MOST_KEPT = 10_000;
/** Many long reports are read with a pause for the master's work after each. */
const LONG = 32_768;

export type Warn = (
  fields: { readonly event: AppMetricsEvent } & Readonly<Record<string, unknown>>,
  text: string,
) => void;

export type AppMetricsEvent = 'app-metrics-too-long' | 'app-metrics-name-taken' | 'app-metrics-forgotten';

interface Reporting {
  readonly serial: number;
  readonly slot: number;
  text: string;
  /** Families of earlier reports that have no room in the last one. */
  earlier: readonly AppFamily[];
  /** The families of `text`, once somebody has looked. */
  families: readonly AppFamily[] | undefined;
}

/** The app's default metrics tell what ours tell by worker: that is no mistake of the app. */
const DEFAULTS = /^(process|nodejs)_/;

export class AppMetrics {
  readonly #warn: Warn;
  readonly #workers = new Map<number, Reporting>();
  readonly #left = new Map<string, Kept>();
  #kept = 0;
  readonly #warned = new Set<AppMetricsEvent>();

  constructor(warn: Warn) {
    this.#warn = warn;
  }

  /** @param serial of the worker */
  report(serial: number, slot: number, { text, size, dropped }: AppMetricsReport): void {
    const known = this.#workers.get(serial);
    // A counter without a value would look like one that has fallen.
    const earlier = known && dropped.length > 0 ? familiesOf(known) : [];
    this.#workers.set(serial, { serial, slot, text, earlier, families: undefined });
    if (dropped.length > 0) this.#warnOfSize(size, dropped);
  }

  ended({ serial }: { readonly serial: number }): void {
    const worker = this.#workers.get(serial);
    if (!worker) return;
    this.#workers.delete(serial);
    for (const family of familiesOf(worker)) this.#keep(family);
  }

  /** @param ours families whose names an app cannot have */
  async families(ours: readonly Family[]): Promise<Family[]> {
    const workers = [...this.#workers.values()].sort(
      (one, other) => one.slot - other.slot || one.serial - other.serial,
    );
    for (const worker of workers) {
      if (worker.families || worker.text.length < LONG) continue;
      familiesOf(worker);
      await immediate();
    }
    const names = new Set(ours.flatMap(namesOf));
    const taken: string[] = [];
    const merged = [...this.#parts(workers)].flatMap(([name, parts]) => {
      if (!names.has(name)) return merge(parts) ?? [];
      if (!DEFAULTS.test(name)) taken.push(name);
      return [];
    });
    if (taken.length > 0) this.#warnOfNames(taken);
    return merged;
  }

  /** What there is of each name. The newest one that has a series tells how all are to be shown. */
  #parts(workers: readonly Reporting[]): Map<string, Parts> {
    const all = new Map<
      string,
      { live: AppFamily[]; left: readonly AppFamily[]; newest: AppFamily; age: number }
    >();
    for (const [name, kept] of this.#left) {
      const left = kept.families;
      const [newest] = left;
      all.set(name, { live: [], left, newest, age: newest.points.length > 0 ? 0 : -2 });
    }
    for (const worker of workers) {
      for (const family of familiesOf(worker)) {
        const age = family.points.length > 0 ? worker.serial : -1;
        const known = all.get(family.name) ?? { live: [], left: [], newest: family, age };
        all.set(family.name, known);
        known.live.push(family);
        if (age > known.age) Object.assign(known, { newest: family, age });
      }
    }
    return all;
  }

  #keep(last: AppFamily): void {
    if (!Kept.isFor(last)) return;
    const kept = this.#left.get(last.name) ?? new Kept(last);
    this.#left.set(last.name, kept);
    const before = kept.size;
    const fits = kept.add(last, MOST_KEPT - this.#kept);
    this.#kept += kept.size - before;
    if (!fits) this.#warnOfForgetting(last.name);
  }

  #warnOfSize(size: number, dropped: readonly string[]): void {
    this.#warnOnce(
      { event: 'app-metrics-too-long', size, dropped },
      `the app's own metrics take ${kB(size)} in a worker, and ${kB(LONGEST_APP_METRICS)} are the most that it reports: ${dropped.join(', ')} stay as they are in /metrics; a label with fewer values makes them shorter`,
    );
  }

  #warnOfNames(names: readonly string[]): void {
    this.#warnOnce(
      { event: 'app-metrics-name-taken', names },
      `the app has metrics whose names tshorn uses for its own: ${names.join(', ')}; /metrics shows those of tshorn, so give the app's other names`,
    );
  }

  #warnOfForgetting(name: string): void {
    this.#warnOnce(
      { event: 'app-metrics-forgotten', name },
      `the app's own metrics have more than ${MOST_KEPT} series in workers that have left: those of ${name} fall when a worker leaves; take labels away that are new in each worker, such as a pid`,
    );
  }

  #warnOnce(fields: Parameters<Warn>[0], text: string): void {
    if (this.#warned.has(fields.event)) return;
    this.#warned.add(fields.event);
    this.#warn(fields, text);
  }
}

function familiesOf(worker: Reporting): readonly AppFamily[] {
  if (worker.families) return worker.families;
  const now = readReport(worker.text);
  const names = new Set(now.map(({ name }) => name));
  worker.families = [...now, ...worker.earlier.filter(({ name }) => !names.has(name))];
  return worker.families;
}

/** A histogram has more names in the text. */
const namesOf = ({ name, type }: Family): string[] =>
  type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];

const kB = (characters: number): string => `${Math.round(characters / 1_024)} kB`;
