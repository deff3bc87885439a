/**
 * The counts of all workers: the last report of each, and the sums of those that have left, by slot, so that no count ever
 * falls and a worker that hangs is stale and not missing. Created by the master. The other end is
 * worker/src/metrics/reporter.ts.
 *
 * The app shares the worker's process and may report anything. So a count that is lower than the one before is not taken, a
 * worker has no more series than its own code ever makes, and neither has a slot.
 */
import {
  type Metrics,
  MOST_OTHERS,
  MOST_SERIES,
  OTHER,
  OTHER_STATUS,
  type Runtime,
  type Series,
  SHED_REASONS,
} from '@tshorn/core';
import { addRuntime, higherRuntime, noRuntime, type RuntimeSums } from './runtime-sums.ts';
import { addSeries, exactMs, higherSeries, keyOf } from './series-sums.ts';

type SlotSeries = Map<string, Series>;

interface Reporting {
  readonly slot: number;
  /** As reported. */
  readonly series: SlotSeries;
  active: number;
  /** Monotonic milliseconds. */
  at: number;
  sums: RuntimeSums;
  runtime?: Runtime;
  /** Monotonic milliseconds of `runtime`. */
  runtimeAt: number;
  usage?: Usage;
  shed?: Shed;
}

/** Requests that were shed, by reason. */
export type Shed = Readonly<Record<string, number>>;

/** Between the last two reports of a worker. */
export interface Usage {
  /** Part of the time for which its event loop was busy, from 0 to 1. */
  readonly elu: number;
  /** CPU seconds per second. */
  readonly cpu: number;
}

/** Sums over the workers of a slot that have left. */
interface Left {
  readonly series: SlotSeries;
  sums: RuntimeSums;
  shed?: Shed;
}

/** What is known of a slot. Counts are sums over all workers that it has had, the rest is that of its newest worker. */
export interface SlotMetrics {
  readonly slot: number;
  /** Requests in flight, in all workers that it has now. */
  readonly active: number;
  readonly series: readonly Series[];
  readonly sums: RuntimeSums;
  /** Absent with `--overload off`. */
  readonly shed?: Shed;
  /** Absent while no worker of it has reported. */
  readonly runtime?: Runtime;
  readonly usage?: Usage;
  /** Monotonic milliseconds of the last report of the newest worker; absent while it has none. */
  readonly at?: number;
}

const MOST = MOST_SERIES + MOST_OTHERS;
const LEAST_APART_MS = 500;
/** Stands for those beyond the most that a slot may have. */
const REST = { method: OTHER, status: OTHER_STATUS, route: OTHER } as const;

export class Registry {
  /** By serial, the newest last. */
  readonly #workers = new Map<number, Reporting>();
  readonly #left = new Map<number, Left>();
  /** By slot: the series that it shows, by key. It never loses one. */
  readonly #shown = new Map<number, Set<string>>();

  /**
   * @param serial of the worker
   * @param at monotonic milliseconds
   */
  report(serial: number, slot: number, report: Metrics, at = performance.now()): void {
    const { series, active, runtime, shed } = report;
    const known: Reporting = this.#workers.get(serial) ?? {
      slot,
      series: new Map(),
      active,
      at,
      runtimeAt: at,
      sums: noRuntime(),
    };
    this.#workers.set(serial, known);
    known.active = active;
    known.at = at;
    if (shed) known.shed = ofShed(known.shed, shed, Math.max);
    for (const one of series) {
      const key = keyOf(one);
      const before = known.series.get(key);
      if (!before && known.series.size >= MOST) continue;
      known.series.set(key, before ? higherSeries(before, one) : { ...one, sumMs: exactMs(one.sumMs) });
    }
    if (!runtime) return;
    const before = known.runtime;
    if (before) Object.assign(known, usageBetween(before, runtime, at - known.runtimeAt));
    known.runtimeAt = at;
    known.runtime = runtime;
    known.sums = higherRuntime(known.sums, runtime);
  }

  /** It has had nothing to report since the last report. */
  alive(serial: number, at: number): void {
    const worker = this.#workers.get(serial);
    if (worker) worker.at = at;
  }

  /** The last report of a worker that is there; undefined before its first one. */
  of(
    serial: number,
  ):
    | (Pick<Reporting, 'active' | 'usage' | 'runtime' | 'shed'> & { readonly series: Iterable<Series> })
    | undefined {
    const worker = this.#workers.get(serial);
    return worker && { ...worker, series: worker.series.values() };
  }

  /** The worker has left, and so have its requests in flight. */
  ended({ serial }: { readonly serial: number }): void {
    const worker = this.#workers.get(serial);
    if (!worker) return;
    this.#workers.delete(serial);
    const { slot, series, sums, shed } = worker;
    const left: Left = this.#left.get(slot) ?? { series: new Map(), sums: noRuntime() };
    this.#left.set(slot, left);
    this.#add(slot, left.series, series);
    left.sums = addRuntime(left.sums, sums);
    if (shed) left.shed = ofShed(left.shed, shed, add);
  }

  /** The counts by slot, in the order of the slots. */
  slots(): SlotMetrics[] {
    const slots = new Map<number, Omit<SlotMetrics, 'slot' | 'series'> & { series: SlotSeries }>();
    for (const [slot, { series, sums, shed }] of this.#left)
      slots.set(slot, { series: new Map(series), sums, active: 0, ...(shed && { shed }) });
    for (const worker of this.#workers.values()) {
      const { slot, active, at, runtime, usage, shed } = worker;
      const before = slots.get(slot);
      const series = before?.series ?? new Map<string, Series>();
      this.#add(slot, series, worker.series);
      slots.set(slot, {
        ...before,
        series,
        active: (before?.active ?? 0) + active,
        sums: before ? addRuntime(before.sums, worker.sums) : worker.sums,
        at,
        ...(runtime && { runtime }),
        ...(usage && { usage }),
        ...(shed && { shed: ofShed(before?.shed, shed, add) }),
      });
    }
    return [...slots]
      .sort(([one], [other]) => one - other)
      .map(([slot, { series, ...rest }]) => ({ slot, ...rest, series: [...series.values()] }));
  }

  /** Adds series to sums, under the names that the slot shows. */
  #add(slot: number, sums: SlotSeries, series: SlotSeries): void {
    const shown = this.#shown.get(slot) ?? new Set();
    this.#shown.set(slot, shown);
    for (const [key, one] of series) {
      const isShown = shown.has(key) || shown.size < MOST;
      if (isShown) shown.add(key);
      const name = isShown ? key : keyOf(REST);
      const before = sums.get(name);
      const named = isShown ? one : { ...one, ...REST };
      sums.set(name, before ? addSeries(before, named) : named);
    }
  }
}

/** Undefined for two reports that come at once, or contradict each other. */
function usageBetween(before: Runtime, now: Runtime, ms: number): { usage: Usage } | undefined {
  const active = now.loopActiveMs - before.loopActiveMs;
  const all = active + now.loopIdleMs - before.loopIdleMs;
  const cpu = now.cpuUserMs + now.cpuSystemMs - before.cpuUserMs - before.cpuSystemMs;
  if (ms < LEAST_APART_MS || all <= 0 || active < 0 || active > all || cpu < 0) return undefined;
  return { usage: { elu: active / all, cpu: cpu / ms } };
}

const add = (one: number, other: number): number => one + other;

/** Reasons that tshorn does not know are none: the app shares the worker's process. */
const ofShed = (one: Shed | undefined, other: Shed, of: typeof add): Shed =>
  Object.fromEntries(SHED_REASONS.map((reason) => [reason, of(one?.[reason] ?? 0, other[reason] ?? 0)]));
