/**
 * The figures that a worker counts, as they travel to the master. Both ends: worker/src/metrics/ and
 * master/src/metrics/registry.ts. Every count is absolute, since the worker's start: a report that is lost costs nothing.
 */
import { count, counts, list, ms, name, optional, type Row, row } from './protocol/fields.ts';

/**
 * Upper bounds of the buckets of `http_server_request_duration_seconds`, in seconds; one more bucket is without a bound
 * (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration).
 */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Series that a worker counts at the most; what is more counts as one of route `_OTHER`. */
export const MOST_SERIES = 200;

/** Stands for a method, status or route that is not counted by its own name. */
export const OTHER = '_OTHER';

const SERIES = {
  method: name(16),
  /** 0: the connection ended before the response did. */
  status: count(999),
  /** As the framework tells it: `/users/:id`. */
  route: optional(name(200)),
  /** How many requests fell into each bucket of DURATION_BOUNDS. */
  counts: counts(DURATION_BOUNDS.length + 1),
  sumMs: ms,
};

export const METRICS = {
  /** Those that have changed since the last report. */
  series: list(row(SERIES), MOST_SERIES + 10),
  /** Requests in flight. */
  active: count(),
};

/** One histogram. */
export type Series = Row<typeof SERIES>;
export type Metrics = Row<typeof METRICS>;
