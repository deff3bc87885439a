/**
 * The counts of all workers: the last report of each, and the sums of those that have left, by slot, so that no count ever
 * falls and a worker that hangs is stale and not missing. Created by the master. The other end is
 * worker/src/metrics/counters.ts.
 */
import type { Metrics, Series } from '@tshorn/core';
import type { Notice, Outcome } from '../decide/notice.ts';

type SlotSeries = Map<string, Series>;

interface Reporting {
  readonly slot: number;
  readonly series: SlotSeries;
  active: number;
}

export interface SlotMetrics {
  readonly slot: number;
  readonly active: number;
  readonly series: readonly Series[];
}

const keyOf = ({ method, status, route = '' }: Series): string => `${method} ${status} ${route}`;

export class Registry {
  readonly #workers = new Map<number, Reporting>();
  readonly #left = new Map<number, SlotSeries>();
  readonly #reloads = new Map<Outcome, number>();

  /** @param serial of the worker */
  report(serial: number, slot: number, { series, active }: Metrics): void {
    const known = this.#workers.get(serial) ?? { slot, series: new Map(), active };
    this.#workers.set(serial, known);
    known.active = active;
    for (const one of series) known.series.set(keyOf(one), one);
  }

  /** The worker has left, and so have its requests in flight. */
  ended({ serial }: { readonly serial: number }): void {
    const worker = this.#workers.get(serial);
    if (!worker) return;
    this.#workers.delete(serial);
    this.#left.set(worker.slot, add(this.#left.get(worker.slot) ?? new Map(), worker.series));
  }

  /** Counts what the master itself has reported. */
  notice(notice: Notice): void {
    if (notice.event !== 'reload-finished') return;
    this.#reloads.set(notice.outcome, (this.#reloads.get(notice.outcome) ?? 0) + 1);
  }

  /** Reloads since the start, by outcome. */
  get reloads(): ReadonlyMap<Outcome, number> {
    return this.#reloads;
  }

  /** The counts of one worker; undefined before its first report. */
  of(serial: number): { readonly series: Iterable<Series>; readonly active: number } | undefined {
    const worker = this.#workers.get(serial);
    return worker && { series: worker.series.values(), active: worker.active };
  }

  /** The counts by slot, in the order of the slots. */
  slots(): SlotMetrics[] {
    const slots = new Map<number, { series: SlotSeries; active: number }>();
    for (const [slot, series] of this.#left) slots.set(slot, { series, active: 0 });
    for (const { slot, series, active } of this.#workers.values()) {
      const before = slots.get(slot);
      slots.set(slot, {
        series: add(before?.series ?? new Map(), series),
        active: (before?.active ?? 0) + active,
      });
    }
    return [...slots]
      .sort(([one], [other]) => one - other)
      .map(([slot, { series, active }]) => ({ slot, active, series: [...series.values()] }));
  }
}

/** A new sum: neither changes. */
function add(one: SlotSeries, other: SlotSeries): SlotSeries {
  const sum = new Map(one);
  for (const [key, series] of other) {
    const known = sum.get(key);
    sum.set(
      key,
      known
        ? {
            ...series,
            counts: series.counts.map((count, at) => count + (known.counts[at] ?? 0)),
            sumMs: series.sumMs + known.sumMs,
          }
        : series,
    );
  }
  return sum;
}
