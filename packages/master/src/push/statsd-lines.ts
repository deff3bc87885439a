/**
 * The lines that StatsD is sent, with the names of Gunicorn (https://gunicorn.org/instrumentation): counts since the last
 * lines, made of two looks at our families. Pure.
 */
import type { Family } from '../metrics/family.ts';

/** One look. Counts are since the start. */
export interface StatsdCounts {
  readonly workers: number;
  /** Requests by status; 0 for those without a response. */
  readonly statuses: ReadonlyMap<string, number>;
  /** Upper bounds in seconds, and the requests in each bucket: one more than there are bounds. */
  readonly bounds: readonly number[];
  readonly buckets: readonly number[];
  /** Lines of the log by Gunicorn's names of the levels. */
  readonly log: Readonly<Record<string, number>>;
}

/** Values of durations in one interval: more are sampled. */
const MOST_DURATIONS = 500;

export function statsdCounts(families: readonly Family[], log: StatsdCounts['log']): StatsdCounts {
  const statuses = new Map<string, number>();
  let bounds: readonly number[] = [];
  let buckets: number[] = [];
  let workers = 0;
  for (const family of families) {
    if (family.name === 'tshorn_workers' && family.type === 'gauge') {
      workers = family.points.reduce((total, { value }) => total + value, 0);
    }
    if (family.name !== 'http_server_request_duration_seconds' || family.type !== 'histogram') continue;
    for (const { labels, bounds: ofPoint, counts } of family.points) {
      bounds = ofPoint;
      buckets = counts.map((count, at) => count + (buckets[at] ?? 0));
      const status = labels.http_response_status_code ?? '0';
      const requests = counts.reduce((total, count) => total + count, 0);
      statuses.set(status, (statuses.get(status) ?? 0) + requests);
    }
  }
  return { workers, statuses, bounds, buckets, log };
}

/** As Gunicorn reads `--statsd-prefix`: a dot follows it, and one that is there counts. */
export const statsdPrefix = (prefix: string): string => prefix.replace(/^(.*?[^.]+)\.*$/, '$1.');

/** @param gauges false: only what is counted */
export function statsdLines(
  before: StatsdCounts,
  now: StatsdCounts,
  prefix: string,
  gauges = true,
): string[] {
  const statuses = [...now.statuses].map(
    ([status, count]) => [status, count - (before.statuses.get(status) ?? 0)] as const,
  );
  const requests = statuses.reduce((total, [, count]) => total + count, 0);
  const counter = (name: string, count: number) =>
    count > 0 ? [`${prefix}gunicorn.${name}:${count}|c`] : [];
  return [
    ...(gauges ? [`${prefix}gunicorn.workers:${now.workers}|g`] : []),
    ...counter('requests', requests),
    ...statuses.flatMap(([status, count]) =>
      /^[1-9]\d\d$/.test(status) ? counter(`request.status.${status}`, count) : [],
    ),
    ...durations(before, now).map((value) => `${prefix}gunicorn.request.duration:${value}`),
    ...Object.entries(now.log).flatMap(([level, count]) =>
      counter(`log.${level}`, count - (before.log[level] ?? 0)),
    ),
  ];
}

/**
 * The values of a histogram are known by bucket only: they are spread evenly over it, as Prometheus does for a quantile.
 * Of the last bucket, which has no end, its begin is taken. Of many requests each value stands for several, which its
 * sample rate says; every bucket keeps its share, so that a receiver that ignores rates has the right percentiles.
 */
function durations(before: StatsdCounts, now: StatsdCounts): string[] {
  const fresh = now.buckets.map((count, at) => count - (before.buckets[at] ?? 0));
  const total = fresh.reduce((sum, count) => sum + Math.max(0, count), 0);
  const share = Math.min(1, MOST_DURATIONS / total);
  return fresh.flatMap((count, at) => {
    if (count <= 0) return [];
    const from = now.bounds[at - 1] ?? 0;
    const to = now.bounds[at] ?? from;
    const values = Math.max(1, Math.round(count * share));
    const rate = values < count ? `|@${Number((values / count).toPrecision(6))}` : '';
    return Array.from({ length: values }, (_, n) => {
      const seconds = from + ((to - from) * (n + 0.5)) / values;
      return `${Number((seconds * 1_000).toFixed(2))}|ms${rate}`;
    });
  });
}

/** Lines in datagrams that fit into one packet of an Ethernet. */
export function datagrams(lines: readonly string[], mostBytes = 1_432): string[] {
  const packed: string[] = [];
  let current = '';
  for (const line of lines) {
    if (current && current.length + 1 + line.length > mostBytes) {
      packed.push(current);
      current = '';
    }
    current = current ? `${current}\n${line}` : line;
  }
  return current ? [...packed, current] : packed;
}
