/** A worker's sign of life. Both ends: worker/src/beat.ts and master/src/vitals.ts. */

/** Milliseconds between two beats. */
export const BEAT_EVERY_MS = 1_000;

export interface Beat {
  /** Requests that have begun since the worker's start, probe and warm-up not counted. */
  readonly requests: number;
  /** Bytes of memory that the process holds. */
  readonly rss: number;
  /** Milliseconds by which this beat was late: the event loop was busy with something else. */
  readonly loopDelayMs: number;
}
