/** Several scrapers of one server: each scrape is compared with the last one, of any of them, that ended before it began. */
import type http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Scrape, scrapeOf, type Values } from './scrape.ts';

export class Scrapers {
  /** Counts that have fallen or are missing: none may. */
  readonly fallen: string[] = [];
  /** Milliseconds of each scrape. */
  readonly tookMs: number[] = [];
  readonly #running: Promise<void>[] = [];
  #latest: Scrape | undefined;
  #stopped = false;

  /** Scrapes until stop(). */
  every(ms: number, from: http.RequestOptions): this {
    const run = async () => {
      while (!this.#stopped) {
        await this.once(from);
        await sleep(ms);
      }
    };
    this.#running.push(
      run().catch((error) => {
        if (!this.#stopped) this.fallen.push(`a scrape failed: ${error}`);
      }),
    );
    return this;
  }

  async once(from: http.RequestOptions): Promise<Values> {
    const before = this.#latest;
    const begun = performance.now();
    const now = await scrapeOf(from);
    this.tookMs.push(performance.now() - begun);
    for (const [sample, value] of Object.entries(before?.rising ?? {})) {
      const after = now.rising[sample];
      if (!(after !== undefined && after >= value)) this.fallen.push(`${sample}: ${value}, then ${after}`);
    }
    this.#latest = now;
    return now.values;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }
}
