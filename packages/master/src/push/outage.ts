/** A receiver of pushed metrics that is down, slow or refuses them: one line when that begins, and one when it ends. */
import type { Logger } from '../log.ts';

export class Outage {
  readonly #log: Pick<Logger, 'warn' | 'info'>;
  readonly #to: string;
  #since: number | undefined;

  /** @param to what the log calls the receiver: `OTLP http://127.0.0.1:4318/v1/metrics` */
  constructor(log: Pick<Logger, 'warn' | 'info'>, to: string) {
    this.#log = log;
    this.#to = to;
  }

  get isOn(): boolean {
    return this.#since !== undefined;
  }

  begun(reason: string): void {
    if (this.isOn) return;
    this.#since = performance.now();
    const to = this.#to;
    const text = `metrics cannot be pushed to ${to}: ${reason}; this is tried again, and logged again only when it works`;
    this.#log.warn({ event: 'push-failed', to, reason }, text);
  }

  ended(): void {
    if (this.#since === undefined) return;
    const tookMs = Math.round(performance.now() - this.#since);
    this.#since = undefined;
    const to = this.#to;
    this.#log.info(
      { event: 'push-works', to, tookMs },
      `metrics are pushed to ${to} again, after ${Math.round(tookMs / 1_000)} s`,
    );
  }
}
