/**
 * The lines of the master's log on their way to a file or to standard error. A reader that stalls or a full disk
 * never stops the master: lines wait up to a limit, further ones are counted and dropped, and a line that says so
 * follows as soon as lines can be written again.
 */
import type { Outlet } from './outlet.ts';

/** Bytes that may wait for the reader. Workers' output alone fills a quarter of it at most. */
const MOST_WAITING_BYTES = 1024 * 1024;

export interface LossReports {
  /** Lines are being lost from now on. @param reason `the reader stalled`, or the code of the system's error */
  begun(reason: string): void;
  /** Lines can be written again, after this many were lost. */
  ended(lines: number, reason: string): void;
}

export class LogStream {
  readonly #outlet: Outlet;
  readonly #format: (line: string) => string;
  readonly #losses: LossReports;
  #lost = 0;
  #reason = '';

  /**
   * @param format makes a line of the log's JSON
   */
  constructor(outlet: Outlet, format: (line: string) => string, losses: LossReports) {
    this.#outlet = outlet;
    this.#format = format;
    this.#losses = losses;
  }

  /** Called by pino for each line. Never throws and never waits. */
  write(line: string): void {
    const data = Buffer.from(this.#format(line));
    if (this.#outlet.bytes + data.length > MOST_WAITING_BYTES) {
      this.#lose('the reader stalled');
      if (this.#lost === 1) this.#outlet.once('drain', () => this.#recovered());
      return;
    }
    this.#outlet.add(data, (error) => {
      if (error) this.#lose(error.code ?? error.message);
      else this.#recovered();
    });
  }

  #lose(reason: string): void {
    this.#lost++;
    this.#reason = reason;
    if (this.#lost === 1) this.#losses.begun(reason);
  }

  #recovered(): void {
    if (this.#lost === 0) return;
    const lines = this.#lost;
    this.#lost = 0;
    this.#losses.ended(lines, this.#reason);
  }
}
