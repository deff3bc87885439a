/** The lines of the access log on their way to its file: in batches, and with a report of those that are lost. */
import { AppendFile } from './append-file.ts';
import { Out } from './out.ts';

/** A line is in the file this long after its request at the latest: a process that is killed loses what it has not written. */
export const BATCH_MS = 100;
/** From this number of bytes on a batch is written at once. */
const BATCH_BYTES = 60 * 1024;
/** Time that a reader has for the last lines when the process ends. */
const FINISH_MS = 200;

export interface LossReports {
  /** Lines are being lost from now on. */
  begun(reason: string): void;
  /** @returns a line for the file itself about lines that were lost */
  lineOf(lines: number, reason: string): string;
  /** Lines can be written again, after so many were lost: that line is in the file. */
  ended(lines: number, reason: string): void;
  /** The worker ends, and they could not be written again. */
  neverEnded(lines: number, reason: string): void;
}

export class Lines {
  readonly #file: AppendFile;
  readonly #reports: LossReports;
  /** Lines are written here; `added` follows each. */
  readonly out = new Out();
  #timer: NodeJS.Timeout | undefined;
  #isArmed = false;
  #lost = 0;
  #reason = '';
  /** The line about those that were lost is on its way: how many it tells of. */
  #told = 0;

  /** @param file its path, or `-` for standard output */
  constructor(file: string, reports: LossReports) {
    this.#reports = reports;
    this.#file = new AppendFile(file, {
      written: () => this.#recovered(),
      lost: (lines, reason, isAll) => this.#lose(lines, reason, isAll),
    });
  }

  /** The next line begins a batch. */
  get isEmpty(): boolean {
    return this.out.length === 0;
  }

  /** A line with its end has been written to `out`. */
  added(): void {
    if (this.out.length >= BATCH_BYTES) this.flush();
    else if (!this.#isArmed) this.#arm();
  }

  #arm(): void {
    this.#isArmed = true;
    // One timer serves all batches.
    if (this.#timer) this.#timer.refresh();
    else
      this.#timer = setTimeout(() => {
        this.#isArmed = false;
        this.flush();
      }, BATCH_MS).unref();
  }

  /** Writes what there is. Never throws and never waits for a reader. */
  flush(): void {
    if (this.out.length > 0) this.#file.add(this.out.take());
  }

  /** Opens the file again, after a rotation has moved it away. @returns why it fails; then the old one stays */
  renew(): string | undefined {
    this.flush();
    return this.#file.renew();
  }

  /** The process ends with this turn. */
  finish(): void {
    this.flush();
    this.#file.finish(FINISH_MS);
    if (this.#lost > 0) this.#reports.neverEnded(this.#lost, this.#reason);
  }

  #lose(lines: number, reason: string, isAll: boolean): void {
    const isFirst = this.#lost === 0;
    // The line about others that were lost is none of a request.
    this.#lost += isAll && this.#told > 0 ? lines - 1 : lines;
    if (isAll) this.#told = 0;
    this.#reason = reason;
    if (isFirst) this.#reports.begun(reason);
  }

  #recovered(): void {
    if (this.#told > 0) {
      this.#lost -= this.#told;
      this.#reports.ended(this.#told, this.#reason);
      this.#told = 0;
    }
    if (this.#lost === 0) return;
    this.#told = this.#lost;
    this.#file.add(Buffer.from(this.#reports.lineOf(this.#lost, this.#reason), 'latin1'));
  }
}
