/**
 * A heartbeat as a record of fixed size. A worker at rest writes it to its place in a file that the master reads once a second for
 * all workers: a message costs the master a wake-up, and 64 workers at rest a hundredth of a core. A record can be compared with the
 * one before without reading all of it. Both ends:
 * worker/src/heartbeat-writer.ts and master/src/heartbeat-file.ts.
 */
import { HEARTBEAT, type Heartbeat } from './heartbeat.ts';
import {
  type Collections,
  GC_BOUNDS,
  GC_KINDS,
  type LoopDelay,
  type Runtime,
  SHED_REASONS,
} from './metrics.ts';
import { Misfit, row } from './protocol/fields.ts';

const OWN = ['requests', 'rss', 'loopDelayMs'] as const satisfies readonly (keyof Heartbeat)[];
const LOOP = ['activeMs', 'idleMs', 'cpuMs'] as const;
const METRICS = ['active'] as const;
const RUNTIME = [
  'loopActiveMs',
  'loopIdleMs',
  'cpuUserMs',
  'cpuSystemMs',
  'heapUsed',
  'heapTotal',
  'heapLimit',
  'external',
  'openFiles',
] as const satisfies readonly (keyof Runtime)[];
const LOOP_DELAY = [
  'min',
  'max',
  'mean',
  'stddev',
  'p50',
  'p90',
  'p99',
] as const satisfies readonly (keyof LoopDelay)[];

/** In this order, and then the collections by kind; the first and the last number of a record are the time of its writing. */
const GROUPS: readonly (readonly string[])[] = [OWN, LOOP, METRICS, SHED_REASONS, RUNTIME, LOOP_DELAY];
const GC_BEGIN = 1 + GROUPS.reduce((sum, names) => sum + names.length, 0);
const GC_BUCKETS = GC_BOUNDS.length + 1;
/** The buckets of a kind, and the sum. */
const GC_NUMBERS = GC_BUCKETS + 1;

/** Numbers of a record. */
export const RECORD_NUMBERS = GC_BEGIN + GC_KINDS.length * GC_NUMBERS + 1;
export const RECORD_BYTES = RECORD_NUMBERS * Float64Array.BYTES_PER_ELEMENT;

/** The descriptor of the file in a worker: the one behind that of the channel (`stdio` of the fork). */
export const HEARTBEAT_FD = 4;

/** Tells the file from every other one that may have its descriptor by now. */
export const fileOf = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string =>
  `${dev}:${ino}`;

/** Reads the figures as those of a message: the app shares the worker's process. */
const read = row(HEARTBEAT);

/**
 * Fills a record. It keeps the collections that it had: a heartbeat has those that have changed, and nobody may have read the one before.
 * @param at when, on the shared clock
 * @returns false for a heartbeat that tells more than figures: what has changed since the one before would be lost if the next record
 * came before anybody has read this one
 */
export function fillRecord(record: Float64Array, heartbeat: Heartbeat, at: number): boolean {
  const { heap, loop, metrics } = heartbeat;
  const { runtime, shed } = metrics ?? {};
  if (heap || (metrics && metrics.series.length > 0)) return false;
  const groups = [heartbeat, loop, metrics, shed, runtime, runtime?.loopDelay];
  record[0] = at;
  let next = 1;
  for (const [index, names] of GROUPS.entries()) {
    const group = groups[index] as Readonly<Record<string, number>> | undefined;
    for (const name of names) record[next++] = group?.[name] ?? Number.NaN;
  }
  for (const { kind, counts, sumMs } of runtime?.gc ?? []) record.set([...counts, sumMs], placeOfKind(kind));
  record[RECORD_NUMBERS - 1] = at;
  return true;
}

const placeOfKind = (kind: Collections['kind']): number => GC_BEGIN + GC_KINDS.indexOf(kind) * GC_NUMBERS;

function collectionsOf(record: Float64Array): Collections[] {
  return GC_KINDS.flatMap((kind) => {
    const [...numbers] = record.subarray(placeOfKind(kind), placeOfKind(kind) + GC_NUMBERS);
    const counts = numbers.slice(0, GC_BUCKETS);
    return counts.some((count) => count > 0) ? [{ kind, counts, sumMs: numbers[GC_BUCKETS] as number }] : [];
  });
}

/** Places of the figures in a record. */
const placeOf = (group: readonly string[], name: string): number =>
  1 +
  GROUPS.slice(0, GROUPS.indexOf(group)).reduce((sum, { length }) => sum + length, 0) +
  group.indexOf(name);

/** Counts: a change of one is news. Absent ones are no numbers. */
const COUNTED = [
  placeOf(OWN, 'requests'),
  ...SHED_REASONS.map((reason) => placeOf(SHED_REASONS, reason)),
] as const;
const ACTIVE = placeOf(METRICS, 'active');
const RSS = placeOf(OWN, 'rss');
const LOOP_LATE = placeOf(OWN, 'loopDelayMs');
/** Without metrics the loop's figures are in the one group, with metrics in the other. */
const LOOP_ACTIVE = [placeOf(LOOP, 'activeMs'), placeOf(RUNTIME, 'loopActiveMs')] as const;

/** A worker that answers its own timers and heartbeats is at rest. */
const REST_BUSY = 0.05;
/** The collector gives and takes less. */
const REST_BYTES = 4 * 2 ** 20;

/** Time of the writing, on the shared clock. */
export const writtenAt = (record: Float64Array): number => record[0] as number;

/** By how many milliseconds the event loop was late. */
export const lateMsOf = (record: Float64Array): number => record[LOOP_LATE] as number;

/** False for a record that is empty, or half written: the reader may meet the writer, and then the two ends are of two heartbeats. */
export const isWhole = (record: Float64Array): boolean =>
  writtenAt(record) > 0 && record[RECORD_NUMBERS - 1] === writtenAt(record);

/**
 * True when a worker has done nothing between two records: no request, and next to no work. Both may be forged, like all that a worker
 * says.
 * @param told the last one that was read whole: memory may grow by little each time
 */
export function isRest(before: Float64Array, record: Float64Array, told = before): boolean {
  if (COUNTED.some((at) => !Object.is(before[at], record[at]))) return false;
  if ((record[ACTIVE] as number) > 0) return false;
  if (Math.abs((record[RSS] as number) - (told[RSS] as number)) > REST_BYTES) return false;
  const passed = writtenAt(record) - writtenAt(before);
  const isIdle = (at: number) => (record[at] as number) - (before[at] as number) <= REST_BUSY * passed;
  return LOOP_ACTIVE.some(isIdle);
}

/** @returns undefined for a record that is empty, half written, or no heartbeat */
export function readRecord(
  record: Float64Array,
): { readonly at: number; readonly heartbeat: Heartbeat } | undefined {
  if (!isWhole(record)) return undefined;
  const at = writtenAt(record);
  let next = 1;
  const [own, loop, metrics, shed, runtime, loopDelay] = GROUPS.map((names) => {
    const group: Record<string, number> = {};
    for (const name of names) {
      const figure = record[next++] as number;
      if (!Number.isNaN(figure)) group[name] = figure;
    }
    return Object.keys(group).length > 0 ? group : undefined;
  });
  const gc = collectionsOf(record);
  const figures = runtime && { ...runtime, ...(loopDelay && { loopDelay }), ...(gc.length > 0 && { gc }) };
  try {
    const heartbeat = read({
      ...own,
      loop,
      metrics: metrics && { ...metrics, series: [], shed, runtime: figures },
    });
    return { at, heartbeat };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return undefined;
  }
}
