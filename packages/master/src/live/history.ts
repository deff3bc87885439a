/**
 * The last hour of a server, for the page: a point of figures every six seconds, and the marks (marks.ts). Its memory is
 * bounded: 84 KB for the points, and half a megabyte for the marks at the most. Exists with `--admin` only.
 */
import { DURATION_BOUNDS, NO_RESPONSE, OTHER_STATUS } from '@tshorn/core';
import type { SlotMetrics } from '../metrics/registry.ts';
import type { LoggedLine } from './mark-line.ts';
import { type Mark, Marks } from './marks.ts';
import type { Snapshot } from './snapshot.ts';

/** Three heartbeats: with a step that is no multiple of theirs, the rate of one worker would go up and down. */
export const STEP_MS = 6_000;
/** An hour. */
const MOST_POINTS = 600;

/** The figures of a point, in this order. */
export const COLUMNS = [
  /** Requests that ended each second, by their status; below 200 counts as 2xx. */
  '2xx',
  '3xx',
  '4xx',
  '5xx',
  /** The connection ended before the response did. */
  'cut',
  /** Workers that serve, all workers, and the number of slots. */
  'ready',
  'workers',
  'size',
  'generation',
  'active',
  'connections',
  'queue',
  /** Utilisation of the event loops: the mean, and the busiest one. */
  'elu',
  'eluMost',
  /** CPU seconds per second. */
  'cpu',
  /** Megabytes. */
  'memory',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Travels as null. */
const UNKNOWN = Number.NaN;

/** How many requests fell into each bucket of DURATION_BOUNDS since the point before. */
const BUCKETS = DURATION_BOUNDS.length + 1;
const WIDTH = COLUMNS.length + BUCKETS;

/** All that a reader does not have yet. */
export interface HistoryMessage {
  /** What the reader has after this message. */
  readonly version: number;
  readonly stepMs: number;
  readonly columns: readonly Column[];
  /** Upper bounds of the buckets, in seconds. */
  readonly bounds: readonly number[];
  /** The oldest first. In each: its time in milliseconds since 1970, the columns, the counts of the buckets. */
  readonly points: readonly (readonly (number | null)[])[];
  /** The oldest first. One that the reader has already replaces it. */
  readonly marks: readonly Mark[];
}

/** Sums over all slots since the start of the master. */
interface Sums {
  readonly classes: readonly number[];
  readonly buckets: readonly number[];
}

export class History {
  readonly #marks = new Marks(() => ++this.#version);
  /** Rings: the point with number n is at n modulo MOST_POINTS. */
  readonly #at = new Float64Array(MOST_POINTS);
  readonly #versions = new Float64Array(MOST_POINTS);
  readonly #values = new Float32Array(MOST_POINTS * WIDTH);
  #count = 0;
  /** Above 0, which is the version of a reader that has nothing. */
  #version = 1;
  #before: (Sums & { readonly at: number }) | undefined;

  /** Adds a point. The first call only notes what the next one counts from. */
  sample(snapshot: Snapshot, slots: readonly SlotMetrics[]): void {
    const { at } = snapshot;
    const before = this.#before;
    const now = sumsOf(slots);
    this.#before = { at, ...now };
    if (!before || at <= before.at) return;
    const seconds = (at - before.at) / 1_000;
    const more = (sums: readonly number[], were: readonly number[]) =>
      // A clock that is set, or a worker that forges its counts, must not turn into a rate below zero.
      sums.map((sum, place) => Math.max(0, sum - (were[place] ?? 0)));
    const place = this.#count++ % MOST_POINTS;
    this.#at[place] = at;
    this.#versions[place] = ++this.#version;
    const values = [
      ...more(now.classes, before.classes).map((count) => count / seconds),
      ...gaugesOf(snapshot),
      ...more(now.buckets, before.buckets),
    ];
    this.#values.set(values, place * WIDTH);
  }

  /** Called for each line of the log. */
  line(line: LoggedLine): void {
    this.#marks.add(line);
  }

  /**
   * @param version that of the reader's last message; 0: everything
   * @returns undefined when the reader has everything
   */
  since(version: number): HistoryMessage | undefined {
    if (version === this.#version) return undefined;
    const points: (number | null)[][] = [];
    for (let n = Math.max(0, this.#count - MOST_POINTS); n < this.#count; n++) {
      const place = n % MOST_POINTS;
      if ((this.#versions[place] as number) <= version) continue;
      const values = this.#values.subarray(place * WIDTH, (place + 1) * WIDTH);
      points.push([this.#at[place] as number, ...Array.from(values, rounded)]);
    }
    const marks = this.#marks.since(version);
    return {
      version: this.#version,
      stepMs: STEP_MS,
      columns: COLUMNS,
      bounds: DURATION_BOUNDS,
      points,
      marks,
    };
  }
}

/** The columns behind those of the statuses. */
function gaugesOf({ totals, workers, size, generation }: Snapshot): number[] {
  const elus = workers.flatMap(({ elu }) => elu ?? []);
  const mean = elus.reduce((sum, elu) => sum + elu, 0) / elus.length;
  return [
    workers.filter(({ state }) => state === 'ready').length,
    workers.length,
    size,
    generation,
    totals.active,
    totals.connections,
    totals.queue ?? UNKNOWN,
    mean,
    elus.length > 0 ? Math.max(...elus) : UNKNOWN,
    totals.cpu ?? UNKNOWN,
    totals.memory / 1e6,
  ];
}

function sumsOf(slots: readonly SlotMetrics[]): Sums {
  const classes = [0, 0, 0, 0, 0];
  const buckets = new Array<number>(BUCKETS).fill(0);
  for (const { status, counts } of slots.flatMap(({ series }) => series)) {
    let ended = 0;
    counts.forEach((count, bucket) => {
      ended += count;
      buckets[bucket] = (buckets[bucket] ?? 0) + count;
    });
    const place = classOf(status);
    classes[place] = (classes[place] ?? 0) + ended;
  }
  return { classes, buckets };
}

/** Its place in COLUMNS. A status above 599 is an error of the app's. */
function classOf(status: number): number {
  if (status === NO_RESPONSE) return 4;
  if (status === OTHER_STATUS) return 3;
  return Math.min(3, Math.max(0, Math.floor(status / 100) - 2));
}

const rounded = (value: number): number | null =>
  Number.isNaN(value) ? null : Math.round(value * 100) / 100;
