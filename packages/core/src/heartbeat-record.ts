/**
 * A heartbeat as a record of fixed size. A worker at rest writes it to its place in a file that the master reads once a second for
 * all workers: a message costs the master a wake-up, and 64 workers at rest a hundredth of a core. Both ends:
 * worker/src/heartbeat-writer.ts and master/src/heartbeat-file.ts.
 */
import { HEARTBEAT, type Heartbeat } from './heartbeat.ts';
import { type LoopDelay, type Runtime, SHED_REASONS } from './metrics.ts';
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

/** In this order; the first and the last number of a record are the time of its writing. */
const GROUPS: readonly (readonly string[])[] = [OWN, LOOP, METRICS, SHED_REASONS, RUNTIME, LOOP_DELAY];

/** Numbers of a record. */
export const RECORD_NUMBERS = 2 + GROUPS.reduce((sum, names) => sum + names.length, 0);
export const RECORD_BYTES = RECORD_NUMBERS * Float64Array.BYTES_PER_ELEMENT;

/** The descriptor of the file in a worker: the one behind that of the channel (`stdio` of the fork). */
export const HEARTBEAT_FD = 4;

/** Tells the file from every other one that may have its descriptor by now. */
export const fileOf = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string =>
  `${dev}:${ino}`;

/** Reads the figures as those of a message: the app shares the worker's process. */
const read = row(HEARTBEAT);

/**
 * Fills a record.
 * @param at when, on the shared clock
 * @returns false for a heartbeat that tells more than figures: what has changed since the one before would be lost if the next record
 * came before anybody has read this one
 */
export function fillRecord(record: Float64Array, heartbeat: Heartbeat, at: number): boolean {
  const { heap, loop, metrics } = heartbeat;
  const { runtime, shed } = metrics ?? {};
  if (heap || (metrics && metrics.series.length > 0) || (runtime?.gc && runtime.gc.length > 0)) return false;
  const groups = [heartbeat, loop, metrics, shed, runtime, runtime?.loopDelay];
  record[0] = at;
  let next = 1;
  for (const [index, names] of GROUPS.entries()) {
    const group = groups[index] as Readonly<Record<string, number>> | undefined;
    for (const name of names) record[next++] = group?.[name] ?? Number.NaN;
  }
  record[next] = at;
  return true;
}

/** @returns undefined for a record that is empty, half written, or no heartbeat */
export function readRecord(
  record: Float64Array,
): { readonly at: number; readonly heartbeat: Heartbeat } | undefined {
  const [at = 0] = record;
  // The reader may meet the writer: then the two ends are of two heartbeats.
  if (!(at > 0) || record[RECORD_NUMBERS - 1] !== at) return undefined;
  let next = 1;
  const [own, loop, metrics, shed, runtime, loopDelay] = GROUPS.map((names) => {
    const group: Record<string, number> = {};
    for (const name of names) {
      const figure = record[next++] as number;
      if (!Number.isNaN(figure)) group[name] = figure;
    }
    return Object.keys(group).length > 0 ? group : undefined;
  });
  const figures = runtime && { ...runtime, ...(loopDelay && { loopDelay }) };
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
