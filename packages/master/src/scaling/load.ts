/**
 * The load of the workers, while their number follows it. Created by the Performer; what it takes is loaded only where
 * `--workers` or `tshorn scale` name a range.
 */
import { describeThrown } from '@tshorn/core';
import type { LoadStatus, Scaler, ScalerSurroundings } from './scaler.ts';

export class Load {
  readonly #around: ScalerSurroundings;
  #isFollowed = false;
  #scaler: Scaler | undefined;

  constructor(around: ScalerSurroundings) {
    this.#around = around;
  }

  /** From now on the number of workers follows the load, or does so no more. */
  follow(on: boolean): void {
    this.#isFollowed = on;
    if (on) this.#begin().catch((error) => this.#notLoaded(error));
    else this.#scaler?.end();
  }

  /** The package was replaced in place. */
  #notLoaded(error: unknown): void {
    const text = `the number of workers does not follow the load: ${describeThrown(error)}; restart the server`;
    this.#around.log.error({ event: 'scaling-held', reason: 'not-loaded' }, text);
  }

  async #begin(): Promise<void> {
    const { Scaler: Loaded } = await import('./scaler.ts');
    if (!this.#isFollowed) return;
    this.#scaler ??= new Loaded(this.#around);
    this.#scaler.begin();
  }

  /** Undefined while the number of workers does not follow it. */
  get status(): LoadStatus | undefined {
    return this.#isFollowed ? this.#scaler?.status : undefined;
  }
}
