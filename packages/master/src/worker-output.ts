/**
 * What one worker writes on standard error: passed on line by line, and the end of it kept, for the report
 * of the worker's own end. An uncaught exception and V8's "out of memory" are written by the process as it
 * dies: nothing inside of it could tell them.
 */
import type { Readable } from 'node:stream';
import type { Outlet } from './outlet.ts';

/** How much of the end is kept. */
const KEPT_BYTES = 8 * 1024;
const KEPT_LINES = 20;
/** How long a line may wait for its end before what there is of it is passed on. */
const UNFINISHED_MS = 100;

const NEWLINE = 10;

export class WorkerOutput {
  readonly #source: Readable;
  readonly #sink: Outlet;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #unfinished: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  /** Returns true for a line that is not passed on: it was meant for the master. */
  intercept: ((line: string) => boolean) | undefined;
  /** Settles when all of it has been read. */
  readonly ended: Promise<void>;

  constructor(source: Readable, sink: Outlet) {
    this.#source = source;
    this.#sink = sink;
    source.on('data', (chunk: Buffer) => this.#read(chunk));
    this.ended = new Promise((resolve) => {
      source.once('close', () => {
        this.#flush();
        resolve();
      });
    });
    // Reading ends with the process; what there is to say of it, its exit says.
    source.on('error', () => {});
  }

  /** The last lines that it has written, without those that say nothing. */
  get lastLines(): string[] {
    const text = Buffer.concat([...this.#kept, this.#unfinished]).toString();
    const lines = text.split('\n').map((line) => line.trimEnd());
    return lines.filter((line) => line !== '').slice(-KEPT_LINES);
  }

  #read(chunk: Buffer): void {
    clearTimeout(this.#timer);
    const data = this.#unfinished.length > 0 ? Buffer.concat([this.#unfinished, chunk]) : chunk;
    const end = data.lastIndexOf(NEWLINE) + 1;
    this.#unfinished = data.subarray(end);
    this.#passOn(data.subarray(0, end));
    if (this.#unfinished.length > KEPT_BYTES) this.#flush();
    else if (this.#unfinished.length > 0)
      this.#timer = setTimeout(() => this.#flush(), UNFINISHED_MS).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    const rest = this.#unfinished;
    this.#unfinished = Buffer.alloc(0);
    this.#passOn(rest);
  }

  #passOn(whole: Buffer): void {
    const data = this.intercept ? this.#withoutIntercepted(whole) : whole;
    if (data.length === 0) return;
    this.#keep(data);
    this.#sink.add(data);
    if (!this.#sink.full) return;
    this.#source.pause();
    this.#sink.once('drain', () => this.#source.resume());
  }

  #withoutIntercepted(data: Buffer): Buffer {
    const lines = data.toString().split(/(?<=\n)/);
    return Buffer.from(lines.filter((line) => !this.intercept?.(line.trimEnd())).join(''));
  }

  #keep(data: Buffer): void {
    this.#kept.push(data.subarray(-KEPT_BYTES));
    this.#keptBytes += Math.min(data.length, KEPT_BYTES);
    while (this.#keptBytes - (this.#kept[0]?.length ?? 0) >= KEPT_BYTES) {
      this.#keptBytes -= this.#kept.shift()?.length ?? 0;
    }
  }
}
