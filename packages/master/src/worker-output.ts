/**
 * One worker's standard error, or with --output-file its standard output: passed on byte for byte, a line at a time, with its end kept for the report of the
 * worker's end. A process writes an uncaught exception and V8's "out of memory" while it dies, so nothing inside it
 * could report them. The WorkerHandle creates it.
 */
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { Deadline, oneLine } from '@tshorn/core';
import { exceptionAt } from './exit-reason.ts';

/** Bytes and lines that are kept of the end. */
const KEPT_BYTES = 8 * 1024;
const KEPT_LINES = 20;
/**
 * Lines of different workers do not mix as long as each is shorter than this and its worker writes it without a pause
 * of `UNFINISHED_MS`. The rest of a longer or slower line may follow a line of another worker.
 */
export const WHOLE_LINE_BYTES = 256 * 1024;
const UNFINISHED_MS = 100;
/** Messages of Node's inspector are shorter; a longer line is not decoded. */
const INTERCEPTED_BYTES = 1024;

const NEWLINE = 10;

/** Where it goes: the master's standard error, or the file of `--output-file`. */
export interface OutputSink {
  /** True while further data has to wait for `onRoom`. */
  readonly full: boolean;
  add(data: Buffer): void;
  onRoom(act: () => void): void;
}

export class WorkerOutput {
  readonly #source: Readable;
  readonly #sink: OutputSink;
  readonly #seen: (data: Buffer) => void;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #passedBytes = 0;
  /** The line that has not ended yet, in the pieces that came. */
  #unfinished: Buffer[] = [];
  #unfinishedBytes = 0;
  #timer: Deadline | undefined;
  /** Returns true for a line, without its end, that is meant for the master and is not passed on. */
  intercept: ((line: string) => boolean) | undefined;
  /** Resolves when the whole output has been read. */
  readonly ended: Promise<void>;

  /** @param seen gets all that is passed on */
  constructor(source: Readable, sink: OutputSink, seen: (data: Buffer) => void = () => {}) {
    this.#source = source;
    this.#seen = seen;
    this.#sink = sink;
    source.on('data', (chunk: Buffer) => this.#read(chunk));
    this.ended = new Promise((resolve) => {
      source.once('close', () => {
        this.#flush();
        resolve();
      });
    });
    // The process's exit reports why reading has ended.
    source.on('error', () => {});
  }

  /** Bytes that have been passed on so far. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  /** See lastLinesSince. */
  get lastLines(): string[] {
    return this.lastLinesSince(0);
  }

  /**
   * The last lines after so many bytes, at most 20, without empty ones and without control characters: they go to a
   * terminal. The line of an uncaught exception that stands further up comes first: what Node prints below it can fill
   * more than 20 lines.
   */
  lastLinesSince(passedBytes: number): string[] {
    const lines = this.#keptLines(this.#passedBytes + this.#unfinishedBytes - passedBytes);
    const cut = lines.length - KEPT_LINES;
    const thrown = exceptionAt(lines);
    if (thrown === -1 || thrown >= cut) return lines.slice(-KEPT_LINES);
    return [lines[thrown] as string, ...lines.slice(cut + 1)];
  }

  #keptLines(bytes: number): string[] {
    const all = Buffer.concat([...this.#kept, ...this.#unfinished]);
    const end = all.subarray(Math.max(0, all.length - Math.min(KEPT_BYTES, bytes)));
    // The cut may have gone through a character.
    const start = end.findIndex((byte) => !isContinuation(byte));
    const lines = end
      .subarray(Math.max(0, start))
      .toString()
      .split('\n')
      .map((line) => oneLine(stripVTControlCharacters(line), KEPT_BYTES).trimEnd());
    return lines.filter((line) => line !== '');
  }

  #read(chunk: Buffer): void {
    this.#disarm();
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const lines = chunk.subarray(0, end);
      this.#passOn(this.#withoutIntercepted(this.#finish(lines)));
    }
    if (end < chunk.length) this.#unfinished.push(chunk.subarray(end));
    this.#unfinishedBytes += chunk.length - end;
    if (this.#unfinishedBytes >= WHOLE_LINE_BYTES) this.#flush();
    else if (this.#unfinishedBytes > 0) this.#arm();
  }

  #arm(): void {
    this.#timer = new Deadline(UNFINISHED_MS, () => this.#expire()).unref();
  }

  #disarm(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  /** The rest of the line may be there already, and not be read: a full outlet stops the reading. */
  #expire(): void {
    if (this.#source.isPaused()) this.#arm();
    else this.#flush();
  }

  /** Returns what has come of the unfinished line, and this. */
  #finish(last?: Buffer): Buffer {
    const pieces = last ? [...this.#unfinished, last] : this.#unfinished;
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  #flush(): void {
    this.#disarm();
    this.#passOn(this.#finish());
  }

  #passOn(data: Buffer): void {
    if (data.length === 0) return;
    this.#keep(data);
    this.#seen(data);
    this.#sink.add(data);
    if (!this.#sink.full) return;
    this.#source.pause();
    this.#sink.onRoom(() => this.#source.resume());
  }

  /** Only the copy that is compared is decoded: the bytes need not be UTF-8. */
  #withoutIntercepted(data: Buffer): Buffer {
    const { intercept } = this;
    if (!intercept) return data;
    const passed: Buffer[] = [];
    let from = 0;
    for (let start = 0; start < data.length; ) {
      const next = data.indexOf(NEWLINE, start) + 1;
      const isShort = next - start <= INTERCEPTED_BYTES;
      if (isShort && intercept(data.toString('latin1', start, next).trimEnd())) {
        passed.push(data.subarray(from, start));
        from = next;
      }
      start = next;
    }
    return from === 0 ? data : Buffer.concat([...passed, data.subarray(from)]);
  }

  #keep(data: Buffer): void {
    // A copy: a part would keep all of a large chunk in memory.
    const end = data.length > KEPT_BYTES ? Buffer.from(data.subarray(-KEPT_BYTES)) : data;
    this.#kept.push(end);
    this.#passedBytes += data.length;
    this.#keptBytes += end.length;
    while (this.#keptBytes - (this.#kept[0]?.length ?? 0) >= KEPT_BYTES) {
      this.#keptBytes -= this.#kept.shift()?.length ?? 0;
    }
  }
}

/** True for a byte that continues a character of UTF-8. */
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
