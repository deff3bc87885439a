/**
 * The figures of a worker's own traffic while the master watches it (docs/canary.md), and the scale of its histograms.
 * Worker and master share the scale, so that counts can be added up.
 */
import { count, counts, type Row } from './protocol/fields.ts';

/** Milliseconds between two samples of a worker that is watched. */
export const SAMPLE_EVERY_MS = 250;

/** So many bad responses since the last sample are reported at once. */
export const URGENT_BAD = 3;

/** Four buckets for each doubling: a bucket is 19 % wide. */
const PER_DOUBLING = 4;
/** The first bucket ends here, in milliseconds; the last one begins at about 105 s. */
const FIRST_MS = 0.1;

/** How many buckets a histogram has. */
export const BUCKETS = 20 * PER_DOUBLING + 2;

/** How many durations fell into each bucket; its length is BUCKETS. */
export type Counts = readonly number[];

/** Counts of what happened since the last sample, unless something else is said. */
export const SAMPLE = {
  /** Requests that came to an end: answered, or given up by the app. Not those that the client gave up. */
  requests: count(),
  /** Requests answered with a status of 500 or more. */
  serverErrors: count(),
  /** Requests whose response the app destroyed before it was finished. */
  handlerErrors: count(),
  /** Uncaught exceptions, also those that the app survives. */
  uncaught: count(),
  /** Time from the request's headers to the end of its response. */
  latency: counts(BUCKETS),
  /**
   * Age of the requests that now wait for the app: they came during the watch, have arrived whole, and no
   * header of their response has been sent.
   */
  waiting: counts(BUCKETS),
};

export type Sample = Row<typeof SAMPLE>;

export const noCounts = (): number[] => new Array<number>(BUCKETS).fill(0);

/** The bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  if (!(ms > FIRST_MS)) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(PER_DOUBLING * Math.log2(ms / FIRST_MS)));
}

/** Where a bucket begins, in milliseconds. */
export const bucketStart = (bucket: number): number =>
  bucket === 0 ? 0 : FIRST_MS * 2 ** ((bucket - 1) / PER_DOUBLING);
