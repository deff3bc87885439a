/**
 * Counts the requests of the app by method, status and route, with their durations, for the master's metrics. The Worker
 * creates it; the reporter sends what it has. The other end is master/src/metrics/registry.ts.
 *
 * It runs at the end of each request. So a series is found by two look-ups, by route and by a number, and mostly by none:
 * most requests are like the one before.
 */
import {
  DURATION_BOUNDS,
  LONGEST_ROUTE,
  METHODS,
  MOST_OTHERS,
  MOST_SERIES,
  NO_RESPONSE,
  OTHER,
  OTHER_STATUS,
  oneLine,
  type Series,
} from '@tshorn/core';
import type { Meter } from '../meter.ts';
import { isTraffic } from '../transport/own-answer.ts';
import { routeOf } from './routes.ts';

interface Counted {
  readonly method: string;
  readonly status: number;
  readonly route?: string;
  readonly counts: number[];
  sumMs: number;
  changed: boolean;
}

const BOUNDS_MS = Float64Array.from(DURATION_BOUNDS, (bound) => bound * 1_000);
const BUCKETS = BOUNDS_MS.length + 1;

/** The number of a method; that of `_OTHER` follows the last. */
const NUMBERS: ReadonlyMap<string | undefined, number> = new Map(METHODS.map((method, at) => [method, at]));
/** Above every status. */
const PER_METHOD = 1_000;

export class Counters {
  /** By route, and by the numbers of method and status. A route that is unknown is ''. */
  readonly #series = new Map<string, Map<number, Counted>>();
  readonly #all: Counted[] = [];
  readonly #others: Counted[] = [];
  #last: Counted | undefined;
  #lastMethod: string | undefined;
  #lastRoute: string | undefined;
  #lastStatus = -1;

  constructor(meter: Meter) {
    meter.listen({
      finished: (exchange, tookMs) => {
        if (!isTraffic(exchange)) return;
        const { request, response } = exchange;
        this.#count(this.#of(request.method, response.statusCode, routeOf(request)), tookMs, 1);
      },
      aborted: (exchange, tookMs, count) => {
        if (!isTraffic(exchange)) return;
        const { request } = exchange;
        this.#count(this.#of(request.method, NO_RESPONSE, routeOf(request)), tookMs, count);
      },
    });
  }

  /** The series that have changed since the last call. */
  changed(): Series[] {
    return [...this.#all, ...this.#others]
      .filter(({ changed }) => changed)
      .map((series) => {
        series.changed = false;
        const { changed: _changed, ...rest } = series;
        return { ...rest, counts: [...rest.counts] };
      });
  }

  #count(series: Counted, tookMs: number, count: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && tookMs > (BOUNDS_MS[bucket] as number)) bucket++;
    (series.counts[bucket] as number) += count;
    series.sumMs += tookMs * count;
    series.changed = true;
  }

  #of(method: string | undefined, status: number, route: string | undefined): Counted {
    if (this.#last && method === this.#lastMethod && status === this.#lastStatus && route === this.#lastRoute)
      return this.#last;
    this.#lastMethod = method;
    this.#lastStatus = status;
    this.#lastRoute = route;
    this.#last = this.#find(method, status, route ?? '');
    return this.#last;
  }

  #find(method: string | undefined, status: number, route: string): Counted {
    const key = (NUMBERS.get(method) ?? METHODS.length) * PER_METHOD + statusOf(status);
    const known = this.#series.get(route)?.get(key);
    if (known) return known;
    if (this.#all.length >= MOST_SERIES) return this.#other(statusOf(status));
    const series = newSeries(NUMBERS.has(method) ? method : OTHER, statusOf(status), nameOf(route));
    this.#all.push(series);
    const ofRoute = this.#series.get(route) ?? new Map<number, Counted>();
    this.#series.set(route, ofRoute.set(key, series));
    return series;
  }

  /** There are too many: of these only the status is told, as far as there is room. */
  #other(status: number): Counted {
    const known = this.#others.find((series) => series.status === status);
    if (known) return known;
    if (this.#others.length >= MOST_OTHERS - 1 && status !== OTHER_STATUS) return this.#other(OTHER_STATUS);
    const series = newSeries(OTHER, status, OTHER);
    this.#others.push(series);
    return series;
  }
}

const newSeries = (method: string | undefined, status: number, route: string | undefined): Counted => ({
  method: method ?? OTHER,
  status,
  ...(route !== undefined && { route }),
  counts: new Array<number>(BUCKETS).fill(0),
  sumMs: 0,
  changed: false,
});

const statusOf = (status: number): number =>
  status === NO_RESPONSE || (Number.isInteger(status) && status >= 100 && status <= 599)
    ? status
    : OTHER_STATUS;

/** The name of a route that the master accepts; undefined for none. */
function nameOf(route: string): string | undefined {
  if (route === '') return undefined;
  return route.length <= LONGEST_ROUTE && oneLine(route, LONGEST_ROUTE) === route ? route : OTHER;
}
