/**
 * Reports to the master what the worker has counted: with each heartbeat, and for the last time before the worker has
 * drained and at the end of its process. The Worker creates it, unless `--no-metrics` is given. The other end is
 * master/src/metrics/registry.ts.
 */
import { describeThrown, envelope, type Metrics } from '@tshorn/core';
import type { Channel } from '../channel.ts';
import type { Meter } from '../meter.ts';
import { Counters } from './counters.ts';
import type { RuntimeFigures } from './runtime.ts';

export class Reporter {
  readonly #meter: Meter;
  readonly #channel: Pick<Channel, 'send' | 'direct'>;
  readonly #counters: Counters;
  #runtime: RuntimeFigures | undefined;
  /** At the last look. */
  #requests = 0;
  /** Requests that were shed, by reason; present with `--overload shed`. */
  shed: Readonly<Record<string, number>> | undefined;

  constructor(meter: Meter, channel: Pick<Channel, 'send' | 'direct'>) {
    this.#meter = meter;
    this.#channel = channel;
    this.#counters = new Counters(meter);
  }

  /**
   * Called when the worker accepts: what is measured is its service, and no start waits for it. Never rejects: the app may
   * have taken every descriptor meanwhile, and serves without these figures.
   */
  async observeRuntime(): Promise<void> {
    try {
      const { RuntimeFigures } = await import('./runtime.ts');
      this.#runtime ??= new RuntimeFigures();
    } catch (error) {
      const text = `metrics: no figures of the event loop, V8 and the process: ${describeThrown(error)}`;
      void this.#channel.send({ type: 'log', level: 'warn', text });
    }
  }

  /**
   * Called at each look of the heartbeat, which is once a second.
   * @param lateMs how late it was
   */
  look(lateMs: number): void {
    const { requests, active } = this.#meter;
    this.#runtime?.look(requests === this.#requests && active === 0, lateMs);
    this.#requests = requests;
  }

  report(): Metrics {
    const runtime = this.#runtime?.read();
    const { shed } = this;
    return {
      series: this.#counters.changed(),
      active: this.#meter.active,
      ...(shed && { shed: { ...shed } }),
      ...(runtime && { runtime }),
    };
  }

  /** Sends a report now, besides those of the heartbeat. */
  send(): Promise<void> {
    return this.#channel.send({ type: 'metrics', ...this.report() });
  }

  /**
   * In the last turn of the process, and before connections leave, behind which the kernel might lose it. Whatever is open
   * ends with the process.
   */
  sendLast(): void {
    try {
      this.#meter.abortAll();
      const message = { type: 'metrics', ...this.report() } as const;
      if (!this.#channel.direct?.send(envelope(message))) void this.#channel.send(message);
    } catch {
      // `process.exit()` of the app would throw, and the process live on.
    }
  }
}
