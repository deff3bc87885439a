/** A worker's heartbeat. Both ends: worker/src/heartbeat.ts and master/src/vitals.ts. */
import { METRICS } from './metrics.ts';
import { count, literal, ms, optional, type Row, row } from './protocol/fields.ts';

/** Milliseconds between two looks of a worker at whether its event loop is late. */
export const LOOK_EVERY_MS = 1_000;

/**
 * Milliseconds between two heartbeats. Each costs the master a third of a millisecond: twice as many only where
 * somebody waits for one impatiently.
 * @param timeoutMs `--timeout`; 0 is off
 */
export const heartbeatEvery = (timeoutMs: number): number =>
  timeoutMs > 0 && timeoutMs < 10_000 ? 1_000 : 2_000;

export const HEARTBEAT = {
  /** Requests that have begun since the worker's start, probe and warm-up not counted. */
  requests: count(),
  /** Bytes of memory that the process holds. */
  rss: count(),
  /** Milliseconds by which the event loop was late at the most since the last heartbeat. */
  loopDelayMs: ms,
  /**
   * V8's heap as its last full collection left it, in bytes, while that is above `--heap-guard`. `isCollecting`: or while V8 does
   * little but collect, at 75 % and more, which it ends soon by ending the process.
   */
  heap: optional(row({ used: count(), limit: count(), isCollecting: optional(literal(true)) })),
  /** With `--no-metrics`: how long the event loop was active and idle, and the CPU time of the process, since the worker's start. */
  loop: optional(row({ activeMs: ms, idleMs: ms, cpuMs: ms })),
  /** Absent with `--no-metrics`. */
  metrics: optional(row(METRICS)),
};

export type HeapFigures = NonNullable<Heartbeat['heap']>;

export type Heartbeat = Row<typeof HEARTBEAT>;
