/**
 * The figures that a worker counts, as they travel to the master. Both ends: worker/src/metrics/ and
 * master/src/metrics/registry.ts. Every count is absolute, since the worker's start: a report that is lost costs nothing.
 */
import { count, counts, list, literal, ms, name, optional, type Row, row, tally } from './protocol/fields.ts';

/**
 * Upper bounds of the buckets of `http_server_request_duration_seconds`, in seconds; one more bucket is without a bound
 * (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration).
 */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** The same for `v8js_gc_duration_seconds` (https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/). */
export const GC_BOUNDS: readonly number[] = [0.01, 0.1, 1, 10];

/** Series that a worker counts by their own names; what is more counts as one of route `_OTHER`. */
export const MOST_SERIES = 200;
/** Series of route `_OTHER`, beyond those. */
export const MOST_OTHERS = 10;

/** Stands for a method, status or route that is not counted by its own name. */
export const OTHER = '_OTHER';

/** A status that is none of 100 to 599. */
export const OTHER_STATUS = 1;
/** The connection ended before the response did. */
export const NO_RESPONSE = 0;

/** Characters of the name of a route. */
export const LONGEST_ROUTE = 200;

/** The methods that are counted by name: those of RFC 9110 and RFC 5789, and QUERY. */
export const METHODS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
];

const SERIES = {
  method: literal(...METHODS, OTHER),
  /** 100 to 599, NO_RESPONSE or OTHER_STATUS. */
  status: count(599),
  /** As the framework tells it: `/users/:id`. */
  route: optional(name(LONGEST_ROUTE)),
  /** How many requests fell into each bucket of DURATION_BOUNDS. */
  counts: counts(DURATION_BOUNDS.length + 1),
  sumMs: ms,
};

/** Collections of V8, as OpenTelemetry names them. */
export const GC_KINDS = ['minor', 'major', 'incremental', 'weakcb'] as const;

const GC = {
  kind: literal(...GC_KINDS),
  /** How many collections fell into each bucket of GC_BOUNDS. */
  counts: counts(GC_BOUNDS.length + 1),
  sumMs: ms,
};

/** Milliseconds from one turn of the event loop to the next, in a window of ten seconds, its resolution included. */
const LOOP_DELAY = { min: ms, max: ms, mean: ms, stddev: ms, p50: ms, p90: ms, p99: ms };

/** Figures of the process and of V8. Sizes are bytes; sums are since the worker's start. */
const RUNTIME = {
  loopActiveMs: ms,
  loopIdleMs: ms,
  cpuUserMs: ms,
  cpuSystemMs: ms,
  heapUsed: count(),
  heapTotal: count(),
  heapLimit: count(),
  external: count(),
  /** Absent where that is not cheap to know. */
  openFiles: optional(count()),
  /** Absent in the first window. */
  loopDelay: optional(row(LOOP_DELAY)),
  /** Those that have changed since the last report. */
  gc: optional(list(row(GC), GC_KINDS.length)),
};

/**
 * Why requests are shed: they waited for the event loop; or for their turn among those that the app can answer at once; they were
 * too old when they came, by `X-Request-Start`; or their client has left.
 */
export const SHED_REASONS = ['loop', 'limit', 'proxy', 'client-gone'] as const;

export type ShedReason = (typeof SHED_REASONS)[number];

export const METRICS = {
  /** Those that have changed since the last report. */
  series: list(row(SERIES), MOST_SERIES + MOST_OTHERS),
  /** Requests in flight. */
  active: count(),
  /** Requests that were shed, by reason; absent with `--overload off`. */
  shed: optional(tally),
  runtime: optional(row(RUNTIME)),
};

/** One histogram. */
export type Series = Row<typeof SERIES>;
export type Collections = Row<typeof GC>;
export type LoopDelay = Row<typeof LOOP_DELAY>;
export type Runtime = Row<typeof RUNTIME>;
export type Metrics = Row<typeof METRICS>;
