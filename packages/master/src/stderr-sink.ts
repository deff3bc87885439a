/**
 * Where the workers' standard error goes on to: that of the master, without ever making the master wait.
 * `process.stderr` would: on a pipe it writes synchronously
 * (https://nodejs.org/api/process.html#a-note-on-process-io), and a reader that stands still would hold up
 * the master with it. Here only the workers wait, as they would on a descriptor of their own.
 */
import { EventEmitter } from 'node:events';
import fs from 'node:fs';

const STDERR = 2;
/** With so much on its way, workers are not read any more. */
const FULL_BYTES = 256 * 1024;
/** A descriptor that somebody made non-blocking says EAGAIN when its reader is slow. */
const AGAIN_MS = 10;

type Write = (fd: number, data: Buffer, done: (error: Error | null, written: number) => void) => void;

export class StderrSink extends EventEmitter<{ drain: [] }> {
  readonly #write: Write;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #writing = false;

  constructor(write: Write = fs.write) {
    super();
    this.#write = write;
    // Each worker may wait for room.
    this.setMaxListeners(0);
  }

  /** Whether to wait for `drain` before giving more. */
  get full(): boolean {
    return this.#bytes >= FULL_BYTES;
  }

  add(data: Buffer): void {
    this.#waiting.push(data);
    this.#bytes += data.length;
    if (!this.#writing) this.#next();
  }

  /** Resolves when nothing is on its way any more, or after `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    if (!this.#writing) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.off('drain', end);
        resolve();
      };
      const timer = setTimeout(end, withinMs);
      this.once('drain', end);
    });
  }

  #next(): void {
    this.#writing = this.#waiting.length > 0;
    if (!this.#writing) {
      this.emit('drain');
      return;
    }
    const data = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#put(data);
  }

  #put(data: Buffer): void {
    this.#write(STDERR, data, (error, written) => {
      const again = (error as NodeJS.ErrnoException | null)?.code === 'EAGAIN';
      // What cannot be written (a full disk, a closed pipe) is lost, as it would be without a master.
      const taken = again ? 0 : error ? data.length : written;
      this.#bytes -= taken;
      if (taken === data.length) this.#next();
      else if (again) setTimeout(() => this.#put(data), AGAIN_MS);
      else this.#put(data.subarray(taken));
    });
  }
}

/** That of this process. */
export const stderrSink = new StderrSink();
