/**
 * The file of the access log, to which several workers append. Each write has whole lines, and the kernel puts it behind
 * what other workers have written (O_APPEND; it holds the lock of the file for the whole write, whatever its size), so that
 * lines do not mix. What cannot be written is lost and counted; nothing waits.
 */
import fs from 'node:fs';
import { NEWLINE, type Opened, open, PartAtEnd, STDOUT } from './append-target.ts';

/** Kept from before the app is loaded, which may replace it. */
const { closeSync, writeSync } = fs;

/** PIPE_BUF of Linux: the kernel does not mix writes of this size into a pipe that several processes write to (pipe(7)). */
const WHOLE_BYTES = 4_096;
/** Bytes that may wait for a reader that stalls. */
export const MOST_WAITING_BYTES = 1024 * 1024;
/** Time until a descriptor that said EAGAIN is tried again. Nothing tells when it is writable. */
const AGAIN_MS = 10;
/** Time that a reader has for the rest of a line, when the file has been opened again. */
const REST_MS = 1_000;

const STALLED = 'the reader stalled';

/** Is told the fate of lines. */
export interface Fate {
  /** All that had waited is written. */
  written(): void;
  /** @param isAll nothing waits any more */
  lost(lines: number, reason: string, isAll: boolean): void;
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};

export function countLines(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

export class AppendFile {
  readonly #file: string;
  readonly #fate: Fate;
  #target: Opened | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** A thread writes, or a timer waits to try again. */
  #busy = false;
  /** Bytes that a thread is writing. */
  #inThread = 0;
  /** A part of a line is written: its rest belongs in the same file. */
  #isWithinLine = false;
  /** The rest of a line that is written in part was lost. */
  #hasLeftPart = false;
  readonly #partAtEnd = new PartAtEnd();
  /** The file opened again: it takes the place of the target at the end of a line, or at this time. */
  #renewed: { readonly target: Opened; readonly until: number } | undefined;

  /** @param file its path, or `-` for standard output */
  constructor(file: string, fate: Fate) {
    this.#file = file;
    this.#fate = fate;
  }

  /** @param data whole lines, which the caller may overwrite. Never throws. */
  add(data: Buffer): void {
    if (this.#waitingBytes + data.length > MOST_WAITING_BYTES) {
      this.#fate.lost(countLines(data), STALLED, false);
      return;
    }
    const isNow = this.#target?.isSync === true && this.#waiting.length === 0;
    this.#waiting.push(isNow ? data : Buffer.from(data));
    this.#waitingBytes += data.length;
    if (!this.#busy) this.#write();
    const [rest] = this.#waiting;
    if (isNow && rest) this.#waiting[0] = Buffer.from(rest);
  }

  /** Opens the file again. Where that fails, the old one stays. @returns why it fails */
  renew(): string | undefined {
    if (this.#file === '-') return undefined;
    let target: Opened;
    try {
      target = open(this.#file);
    } catch (error) {
      return reasonOf(error);
    }
    if (this.#renewed) closeSync(this.#renewed.target.fd);
    this.#renewed = { target, until: performance.now() + REST_MS };
    this.#change();
    return undefined;
  }

  /** The file that was opened again takes its place, unless the old one is to have the rest of a line. */
  #change(): void {
    // A thread may still write to the old one.
    if (!this.#renewed || this.#inThread > 0) return;
    const { target, until } = this.#renewed;
    if (this.#isWithinLine) {
      if (performance.now() < until) return;
      this.#loseRest();
    }
    if (this.#target) closeSync(this.#target.fd);
    this.#target = target;
    this.#renewed = undefined;
    this.#hasLeftPart = false;
  }

  #loseRest(): void {
    const [first] = this.#waiting as [Buffer];
    this.#drop(first.indexOf(NEWLINE) + 1);
    this.#isWithinLine = false;
    this.#fate.lost(1, STALLED, false);
  }

  /**
   * The process ends: writes what waits, as far as the reader takes it within this time. Where only a thread could write without
   * waiting, it waits, as a line of the app on standard output does.
   */
  finish(withinMs: number): void {
    if (this.#waiting.length === 0) return;
    if (this.#target?.isSync === false) return this.#finishLater();
    const until = performance.now() + withinMs;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    this.#busy = false;
    this.#write();
    while (this.#waiting.length > 0 && performance.now() < until) {
      Atomics.wait(pause, 0, 0, AGAIN_MS);
      this.#write();
    }
    if (this.#waiting.length > 0) this.#lose(STALLED);
  }

  /** What a thread has begun to write, it ends: libuv joins its threads. */
  #finishLater(): void {
    const rest = Buffer.concat(this.#waiting).subarray(this.#inThread);
    this.#waiting = [];
    try {
      for (let at = 0; at < rest.length; ) at += writeSync(this.#target?.fd ?? STDOUT, rest, at);
    } catch (error) {
      this.#fate.lost(countLines(rest), reasonOf(error), true);
    }
  }

  #write(): void {
    try {
      this.#target ??= open(this.#file);
    } catch (error) {
      return this.#lose(reasonOf(error));
    }
    for (;;) {
      this.#change();
      if (this.#waiting.length === 0) return;
      const target = this.#target;
      const data = this.#next(target);
      const isAfterPart = this.#isAfterPart(target);
      if (isAfterPart === undefined) return this.#again();
      // The line before gets its end, which is no part of what waits.
      const begin = isAfterPart ? 1 : 0;
      const piece = begin > 0 ? Buffer.concat([Buffer.from('\n'), data]) : data;
      this.#busy = true;
      let isOver = false;
      let goesOn = false;
      this.#inThread = data.length;
      target.write(target.fd, piece, (error, written) => {
        goesOn = this.#settle(data, error, Math.max(0, written - begin));
        // A thread has written.
        if (isOver && goesOn) this.#write();
      });
      isOver = true;
      if (!goesOn) return;
    }
  }

  /** The bytes that are written at once: whole lines, as far as the kernel does not mix them; the rest of a line before a change. */
  #next({ kind }: Opened): Buffer {
    const [first] = this.#waiting as [Buffer];
    if (this.#renewed) return first.subarray(0, first.indexOf(NEWLINE) + 1);
    if (kind !== 'pipe' || first.length <= WHOLE_BYTES) return first;
    const end = first.lastIndexOf(NEWLINE, WHOLE_BYTES - 1) + 1;
    return first.subarray(0, end > 0 ? end : first.indexOf(NEWLINE) + 1);
  }

  /** True where the file ends in a part of a line that gets no rest, of this worker or of another; undefined: not yet known. */
  #isAfterPart(target: Opened): boolean | undefined {
    if (this.#isWithinLine) return false;
    return target.isReadable ? this.#partAtEnd.look(target) : this.#hasLeftPart;
  }

  #again(): void {
    this.#busy = true;
    setTimeout(() => {
      if (!this.#busy) return;
      this.#busy = false;
      this.#write();
    }, AGAIN_MS).unref();
  }

  /** @returns whether the next piece may be written now */
  #settle(data: Buffer, error: NodeJS.ErrnoException | null, written: number): boolean {
    this.#inThread = 0;
    if (error?.code === 'EAGAIN') {
      this.#again();
      return false;
    }
    this.#busy = false;
    if (error) {
      this.#lose(reasonOf(error));
      return false;
    }
    if (written > 0) {
      this.#isWithinLine = data[written - 1] !== NEWLINE;
      this.#hasLeftPart = false;
    }
    this.#drop(written);
    // A part was written, because the disk is full for example: the next write says why.
    if (this.#waiting.length > 0) return true;
    this.#change();
    // A line that is added meanwhile is written by `add`: it may be in a thread already.
    this.#fate.written();
    return false;
  }

  #drop(bytes: number): void {
    const [first] = this.#waiting as [Buffer];
    if (bytes < first.length) this.#waiting[0] = first.subarray(bytes);
    else this.#waiting.shift();
    this.#waitingBytes -= bytes;
  }

  /** Loses all that waits: a line of which a part is written counts too. */
  #lose(reason: string): void {
    const lines = this.#waiting.reduce((sum, data) => sum + countLines(data), 0);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hasLeftPart ||= this.#isWithinLine;
    this.#isWithinLine = false;
    if (lines > 0) this.#fate.lost(lines, reason, true);
  }
}
