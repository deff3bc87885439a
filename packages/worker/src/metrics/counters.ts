/**
 * Counts the requests of the app by method, status and route, with their durations, for the master's metrics. The Worker
 * creates it; the heartbeat carries its reports. The other end is master/src/metrics/registry.ts.
 */
import { DURATION_BOUNDS, type Metrics, MOST_SERIES, OTHER, type Series } from '@tshorn/core';
import { begun, type Meter } from '../meter.ts';
import { isInProcess } from '../transport/in-process.ts';
import type { Exchange } from '../transport/transport.ts';

interface Counted {
  readonly method: string;
  readonly status: number;
  readonly counts: number[];
  sumMs: number;
  changed: boolean;
}

export class Counters {
  readonly #meter: Meter;
  readonly #series = new Map<string, Counted>();
  #begun = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
    meter.listen({ finished: (exchange) => this.#finished(exchange) });
  }

  /** The series that have changed since the last call; undefined where nothing has. */
  report(): Metrics | undefined {
    const changed = [...this.#series.values()].filter((series) => series.changed);
    const { requests } = this.#meter;
    if (changed.length === 0 && requests === this.#begun) return undefined;
    this.#begun = requests;
    for (const series of changed) series.changed = false;
    const series = changed.map(
      ({ changed: _changed, ...rest }): Series => ({ ...rest, counts: [...rest.counts] }),
    );
    return { series, active: this.#meter.open().length };
  }

  #finished({ request, response, socket }: Exchange): void {
    if (isInProcess(socket)) return;
    const ms = performance.now() - begun(response).begunAt;
    const series = this.#of(request.method ?? OTHER, response.statusCode);
    const at = DURATION_BOUNDS.findIndex((bound) => ms <= bound * 1_000);
    const bucket = at < 0 ? DURATION_BOUNDS.length : at;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sumMs += ms;
    series.changed = true;
  }

  #of(method: string, status: number): Counted {
    const key = `${method} ${status}`;
    const known = this.#series.get(key);
    if (known) return known;
    if (this.#series.size >= MOST_SERIES) return this.#of(OTHER, 0);
    const counts = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
    const series = { method, status, counts, sumMs: 0, changed: true };
    this.#series.set(key, series);
    return series;
  }
}
