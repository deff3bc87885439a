/**
 * Counts the requests that a worker answers after a crash or a hang. It begins there and then: many are answered before the
 * order to drain comes. The Worker creates it.
 */
import type { Meter } from '../meter.ts';
import { isSettled } from './settle.ts';

export class Aftermath {
  readonly #meter: Meter;
  #answered: number | undefined;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Has no effect the second time. */
  begin(): void {
    if (this.hasBegun) return;
    this.#answered = 0;
    this.#meter.listen({
      finished: ({ response }) => {
        if (!isSettled(response)) this.#answered = (this.#answered ?? 0) + 1;
      },
    });
  }

  /** Something has failed: a crash or a hang. */
  get hasBegun(): boolean {
    return this.#answered !== undefined;
  }

  /** Requests that were answered since, besides the culprit; undefined where nothing has failed. */
  get answered(): number | undefined {
    return this.#answered;
  }
}
