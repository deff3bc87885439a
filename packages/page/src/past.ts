/** The history that the page holds: what the master has sent, joined over reconnects and over a new master after a re-exec. */
import type { Column, HistoryMessage, Mark } from '@tshorn/master';

const HOUR_MS = 3_600_000;

/** As HistoryMessage has them. */
type Point = HistoryMessage['points'][number];
const timeOf = (point: Point): number => point[0] ?? 0;

export class Past {
  #points: Point[] = [];
  readonly #marks = new Map<string, Mark>();
  #columns: readonly Column[] = [];
  stepMs = 6_000;
  /** Upper bounds of the buckets, in seconds. */
  bounds: readonly number[] = [];

  /** @returns the marks that are new or have changed */
  add({ stepMs, columns, bounds, points, marks }: HistoryMessage): readonly Mark[] {
    this.stepMs = stepMs;
    this.#columns = columns;
    this.bounds = bounds;
    const [first] = points;
    if (first) {
      const from = timeOf(first);
      const last = timeOf(points.at(-1) ?? first);
      this.#points = [
        ...this.#points.filter((point) => timeOf(point) < from && timeOf(point) > last - HOUR_MS - stepMs),
        ...points,
      ];
    }
    // A reconnect brings all marks again.
    const changed = marks.filter((mark) => JSON.stringify(mark) !== JSON.stringify(this.#marks.get(mark.id)));
    for (const mark of changed) this.#marks.set(mark.id, mark);
    const oldest = this.firstAt ?? 0;
    // A page may stay open for weeks.
    for (const { id, at, until = at } of this.marks) if (until < oldest - HOUR_MS) this.#marks.delete(id);
    return changed;
  }

  /** The oldest first. */
  get marks(): readonly Mark[] {
    return [...this.#marks.values()].sort((one, other) => one.at - other.at);
  }

  /** Milliseconds since 1970; undefined without a point. */
  get firstAt(): number | undefined {
    return this.#points[0]?.[0] ?? undefined;
  }

  /**
   * Points since a time, column by column, where each step stands for `group` points. A step of nulls stands where the
   * master has recorded nothing, so that lines are interrupted there.
   */
  since(from: number, group = 1): Table {
    const stepMs = this.stepMs * group;
    const groups = new Map<number, Point[]>();
    for (const point of this.#points) {
      const at = timeOf(point);
      if (at < from - stepMs) continue;
      // By the clock, so that a step stays what it is while time goes on.
      const key = group === 1 ? at : Math.ceil(at / stepMs) * stepMs;
      const known = groups.get(key);
      if (known) known.push(point);
      else groups.set(key, [point]);
    }
    const rows: Row[] = [];
    for (const [at, points] of groups) {
      const before = rows.at(-1)?.at ?? at;
      if (at - before > 2.5 * stepMs) rows.push({ at: (before + at) / 2, points: undefined });
      rows.push({ at, points });
    }
    const width = this.#columns.length;
    return {
      stepMs,
      at: rows.map(({ at }) => at / 1000),
      column: (name) => {
        const place = 1 + this.#columns.indexOf(name);
        return rows.map(({ points = [] }) =>
          joined(
            name,
            points.flatMap((point) => point[place] ?? []),
          ),
        );
      },
      buckets: rows.map(({ points }) =>
        points ? sumOf(points.map((point) => point.slice(1 + width))) : null,
      ),
    };
  }
}

interface Row {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly points: readonly Point[] | undefined;
}

/** A dip in the workers and a peak in the queue must not be averaged away. */
const LEAST: readonly Column[] = ['ready'];
const MOST: readonly Column[] = ['workers', 'size', 'generation', 'eluMost', 'queue', 'active'];

function joined(name: Column, values: readonly number[]): number | null {
  if (values.length === 0) return null;
  if (LEAST.includes(name)) return Math.min(...values);
  if (MOST.includes(name)) return Math.max(...values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const sumOf = (rows: readonly Point[]): number[] =>
  (rows[0] ?? []).map((_, place) => rows.reduce((sum, row) => sum + (row[place] ?? 0), 0));

export interface Table {
  readonly stepMs: number;
  /** Ends of the steps, in seconds since 1970. */
  readonly at: number[];
  column(name: Column): (number | null)[];
  readonly buckets: (readonly number[] | null)[];
}
