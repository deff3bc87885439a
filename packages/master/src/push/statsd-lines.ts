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
  /** Of the durations, in seconds. */
  readonly sum: number;
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
  let sum = 0;
  for (const family of families) {
    if (family.name === 'tshorn_workers' && family.type === 'gauge') {
      workers = family.points.reduce((total, { value }) => total + value, 0);
    }
    if (family.name !== 'http_server_request_duration_seconds' || family.type !== 'histogram') continue;
    for (const { labels, bounds: ofPoint, counts, sum: ofAll } of family.points) {
      bounds = ofPoint;
      sum += ofAll;
      buckets = counts.map((count, at) => count + (buckets[at] ?? 0));
      const status = labels.http_response_status_code ?? '0';
      const requests = counts.reduce((total, count) => total + count, 0);
      statuses.set(status, (statuses.get(status) ?? 0) + requests);
    }
  }
  return { workers, statuses, bounds, buckets, sum, log };
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

/** A value that stands for `weight` requests; in seconds, and within its bucket. */
interface Duration {
  readonly value: number;
  readonly from: number;
  /** Infinite for the last bucket. */
  readonly to: number;
  readonly weight: number;
}

/**
 * The values of a histogram are known by bucket only: they are spread evenly over it, as Prometheus does for a quantile, and
 * then moved within it, so that their mean is that of the requests. Of many requests each value stands for several, which
 * its sample rate says; every bucket keeps its share, so that a receiver that ignores rates has the right percentiles.
 */
function durations(before: StatsdCounts, now: StatsdCounts): string[] {
  const fresh = now.buckets.map((count, at) => count - (before.buckets[at] ?? 0));
  const total = fresh.reduce((sum, count) => sum + Math.max(0, count), 0);
  const share = Math.min(1, MOST_DURATIONS / total);
  const spread = fresh.flatMap((count, at): Duration[] => {
    if (count <= 0) return [];
    const from = now.bounds[at - 1] ?? 0;
    const to = now.bounds[at] ?? Number.POSITIVE_INFINITY;
    const values = Math.max(1, Math.round(count * share));
    const end = Number.isFinite(to) ? to : from;
    return Array.from({ length: values }, (_, n) => ({
      value: from + ((end - from) * (n + 0.5)) / values,
      ...{ from, to, weight: count / values },
    }));
  });
  return withSum(spread, now.sum - before.sum).map(({ value, weight }) => {
    const rate = weight > 1 ? `|@${Number((1 / weight).toPrecision(6))}` : '';
    return `${Number((value * 1_000).toFixed(3))}|ms${rate}`;
  });
}

/** Moves the values towards one end of their buckets. Those of the last one, which has no end, take what no other can. */
function withSum(all: readonly Duration[], sum: number): readonly Duration[] {
  const total = (pick: (one: Duration) => number, some = all) =>
    some.reduce((result, one) => result + pick(one) * one.weight, 0);
  const now = total(({ value }) => value);
  const isOpen = ({ to }: Duration) => to === Number.POSITIVE_INFINITY;
  const open = all.filter(isOpen);
  if (sum > now && open.length > 0) {
    const more = (sum - now) / total(() => 1, open);
    return all.map((one) => (isOpen(one) ? { ...one, value: one.value + more } : one));
  }
  const endOf = ({ from, to }: Duration) => (sum < now || open.length > 0 ? from : to);
  const furthest = total(endOf);
  // 1: the values stay; 0: they are all at the end.
  const stay = now === furthest ? 1 : Math.max(0, (sum - furthest) / (now - furthest));
  return all.map((one) => ({ ...one, value: endOf(one) + (one.value - endOf(one)) * stay }));
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
