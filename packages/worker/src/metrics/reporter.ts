/**
 * Reports to the master what the worker has counted: with each heartbeat, and for the last time before the worker has
 * drained and at the end of its process. The Worker creates it, unless `--no-metrics` is given. The other end is
 * master/src/metrics/registry.ts.
 */
import type { Metrics } from '@tshorn/core';
import type { Meter } from '../meter.ts';
import { Counters } from './counters.ts';
import type { RuntimeFigures } from './runtime.ts';

export class Reporter {
  readonly #meter: Meter;
  readonly #counters: Counters;
  #runtime: RuntimeFigures | undefined;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#counters = new Counters(meter);
  }

  /** Called when the worker accepts: what is measured is its service, and no start waits for it. */
  async observeRuntime(): Promise<void> {
    const { RuntimeFigures } = await import('./runtime.ts');
    this.#runtime ??= new RuntimeFigures();
  }

  report(): Metrics {
    const runtime = this.#runtime?.read();
    return {
      series: this.#counters.changed(),
      active: this.#meter.active,
      ...(runtime && { runtime }),
    };
  }

  /** The process ends with this turn, and with it whatever is open. */
  lastReport(): Metrics {
    this.#meter.abortAll();
    return this.report();
  }
}
