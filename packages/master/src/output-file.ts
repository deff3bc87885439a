/**
 * The file of `--output-file`: what the workers print goes there, instead of to the master's own standard output and
 * standard error. What cannot be written is lost and counted, and no worker waits for a full disk. Created by Opened.
 */

import type { Logger } from './log.ts';
import { logFile } from './log-file.ts';
import type { Outlet } from './outlet.ts';

export class OutputFile {
  readonly #file: string;
  readonly #outlet: Outlet;
  readonly #log: Pick<Logger, 'warn'>;
  #lost = 0;
  #reason = '';

  /** @throws TshornError ERR_LOG_FILE */
  constructor(file: string, log: Pick<Logger, 'warn'>, outlet = logFile('--output-file', file)) {
    this.#file = file;
    this.#log = log;
    this.#outlet = outlet;
  }

  /** Never throws and never waits. */
  add(data: Buffer): void {
    this.#outlet.add(data, (error) => {
      if (error) this.#lose(data.length, error.code ?? error.message);
      else this.#recovered();
    });
  }

  /** True while a worker's output has to wait for `onRoom`. */
  get full(): boolean {
    return this.#outlet.full;
  }

  onRoom(act: () => void): void {
    this.#outlet.onRoom(act);
  }

  get file(): string {
    return this.#file;
  }

  /** Opens the file again. */
  renew(): void {
    this.#outlet.renew();
  }

  /** Resolves when everything is written, or after `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    await this.#outlet.idle(withinMs);
  }

  #lose(bytes: number, reason: string): void {
    this.#lost += bytes;
    this.#reason = reason;
    if (this.#lost > bytes) return;
    const text = `--output-file: cannot write ${this.#file}: ${reason}; what the workers print is lost until it can be written`;
    this.#log.warn({ event: 'output-lost', reason }, text);
  }

  #recovered(): void {
    if (this.#lost === 0) return;
    const [bytes, reason] = [this.#lost, this.#reason];
    this.#lost = 0;
    const text = `${bytes} bytes that the workers printed could not be written to ${this.#file}: ${reason}`;
    this.#log.warn({ event: 'output-lost', bytes, reason }, text);
  }
}
