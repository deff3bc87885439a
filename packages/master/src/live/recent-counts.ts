/**
 * The last ten seconds of each worker, by serial. It is kept also while nobody listens: whoever looks sees rates and
 * percentiles at once. Created by Observed.
 */
import type { Registry } from '../metrics/registry.ts';
import { countedOf, NOTHING, type Recent, Window } from './window.ts';

export class RecentCounts {
  readonly #registry: Pick<Registry, 'of'>;
  readonly #windows = new Map<number, Window>();

  constructor(registry: Pick<Registry, 'of'>) {
    this.#registry = registry;
  }

  /**
   * To be called after the registry has what the heartbeat carries.
   * @param requests those that have begun: all that a worker tells with `--no-metrics`
   * @param at when the heartbeat was given, in monotonic milliseconds
   */
  heartbeat(serial: number, requests: number, at: number): void {
    const counts = this.#registry.of(serial);
    const window = this.#windows.get(serial) ?? new Window();
    this.#windows.set(serial, window);
    window.add(at, counts ? countedOf(counts.series) : { ...NOTHING, requests });
  }

  /** It has given a heartbeat that says nothing new. */
  alive(serial: number, at: number): void {
    this.#windows.get(serial)?.alive(at);
  }

  /** Undefined before the first heartbeat. */
  of(serial: number): Recent | undefined {
    return this.#windows.get(serial)?.recent(performance.now());
  }

  ended({ serial }: { readonly serial: number }): void {
    this.#windows.delete(serial);
  }
}
