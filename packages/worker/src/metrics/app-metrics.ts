/**
 * Sends the metrics that the app keeps with a client library of Prometheus to the master, every few seconds where they have
 * changed, and once more before the worker exits. An app without such a library costs nothing. The Worker creates it; the
 * other end is master/src/metrics/apps/.
 */
import { oneLine, type ToMaster } from '@tshorn/core';
import { AppRegistries } from './app-registries.ts';

const EVERY_MS = 2_000;
/** The app's `collect` functions may ask a database: they are given a fiftieth of the time at the most. */
const REST = 50;
const LONGEST_REST_MS = 60_000;
/** A metric that needs longer is left out of the report. */
const WITHIN_MS = 10_000;
/** The same for the last report: the worker waits for it. */
const LAST_MS = 500;

type Send = (message: ToMaster) => Promise<void>;

export class AppMetrics {
  readonly #send: Send;
  readonly #registries: AppRegistries;
  /** Loaded when the app has loaded a library. */
  #families: Promise<typeof import('./app-families.ts')> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Readings are numbered: an earlier one that ends later is not sent. */
  #begun = 0;
  #sent = 0;
  #text = '';
  #hasFailed = false;

  constructor(send: Send) {
    this.#send = send;
    this.#registries = new AppRegistries(() => this.#begin());
  }

  /** To be called before the app is loaded. */
  watch(): void {
    this.#registries.watch();
  }

  /** Sends the last values. Resolves within LAST_MS, and never rejects. */
  async last(): Promise<void> {
    if (!this.#families) return;
    clearTimeout(this.#timer);
    await this.#report(LAST_MS);
  }

  #begin(): void {
    if (this.#families) return;
    this.#families = import('./app-families.ts');
    this.#reportIn(EVERY_MS);
  }

  #reportIn(ms: number): void {
    this.#timer = setTimeout(async () => {
      const begunAt = performance.now();
      await this.#report(WITHIN_MS);
      const restMs = Math.min(LONGEST_REST_MS, REST * (performance.now() - begunAt));
      this.#reportIn(Math.max(EVERY_MS, restMs));
    }, ms).unref();
  }

  async #report(withinMs: number): Promise<void> {
    try {
      await this.#read(withinMs);
    } catch (error) {
      this.#failed('', String(error));
    }
  }

  async #read(withinMs: number): Promise<void> {
    if (!this.#families) return;
    const number = ++this.#begun;
    const { appFamilies, writeReport } = await this.#families;
    const onFailed = (metric: string, reason: string) => this.#failed(metric, reason);
    const families = await appFamilies(this.#registries.live(), { withinMs, onFailed });
    const { text, size, dropped } = writeReport(families);
    if (number < this.#sent || text === this.#text) return;
    this.#sent = number;
    this.#text = text;
    const names = dropped.slice(0, 16).map((name) => oneLine(name, 190));
    await this.#send({ type: 'app-metrics', text, size, dropped: names });
  }

  /** Logs the first failure; the same one may come every few seconds. */
  #failed(metric: string, reason: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const text = `metric ${metric} of the app cannot be read, and is missing from /metrics: ${reason}`;
    void this.#send({ type: 'log', level: 'warn', text });
  }
}
