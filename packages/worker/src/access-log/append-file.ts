/**
 * The descriptor that the lines of the access log go to: of a file, to which several workers append, or standard output.
 * Each write has whole lines, and the kernel puts it behind what other workers have written (O_APPEND), so that lines do not
 * mix. What cannot be written is lost and counted; nothing waits.
 */
import fs from 'node:fs';
import { targetOf, type WriteTarget } from '@tshorn/core';

/** Kept from before the app is loaded, which may replace it. */
const { closeSync, fstatSync, openSync, readSync, writeSync } = fs;
const { O_WRONLY, O_RDONLY, O_CREAT, O_APPEND, O_NONBLOCK } = fs.constants;
/** Without O_NONBLOCK the open of a named pipe waits for a reader. */
const APPEND = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK;

const STDOUT = 1;
const NEWLINE = 10;

/** PIPE_BUF of Linux: the kernel does not mix writes of this size into a pipe that several processes write to (pipe(7)). */
const WHOLE_BYTES = 4_096;
/** Bytes that may wait for a reader that stalls. */
export const MOST_WAITING_BYTES = 1024 * 1024;
/** Time until a descriptor that said EAGAIN is tried again. Nothing tells when it is writable. */
const AGAIN_MS = 10;

/** What has become of lines. */
export interface Fate {
  /** All that had waited is written. */
  written(): void;
  lost(lines: number, reason: string): void;
}

interface Opened extends WriteTarget {
  readonly kind: 'file' | 'pipe' | 'other';
}

function open(file: string): Opened {
  const fd = file === '-' ? STDOUT : openSync(file, APPEND);
  const isOurs = file !== '-';
  const stat = fstatSync(fd);
  const target = targetOf(fd);
  if (isOurs && target.fd !== fd) closeSync(fd);
  const kind = stat.isFile() ? 'file' : stat.isFIFO() ? 'pipe' : 'other';
  return { ...target, isOwn: target.isOwn || isOurs, kind };
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
  /** A write has failed since one has worked: the file may end in a part of a line. */
  #hasFailed = false;

  /** @param file its path, or `-` for standard output */
  constructor(file: string, fate: Fate) {
    this.#file = file;
    this.#fate = fate;
  }

  /** @param data whole lines, which the caller may overwrite. Never throws. */
  add(data: Buffer): void {
    if (this.#waitingBytes + data.length > MOST_WAITING_BYTES) {
      this.#fate.lost(countLines(data), 'the reader stalled');
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
    let renewed: Opened;
    try {
      renewed = open(this.#file);
    } catch (error) {
      return reasonOf(error);
    }
    this.#close();
    this.#target = renewed;
    return undefined;
  }

  #close(): void {
    const old = this.#target;
    this.#target = undefined;
    // A thread may be writing to it: then it is left to the end of the process.
    if (old?.isOwn && !this.#busy) closeSync(old.fd);
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
    if (this.#waiting.length > 0) this.#lose('the reader stalled');
  }

  /** What a thread has begun to write, it ends: libuv joins its threads. */
  #finishLater(): void {
    const rest = Buffer.concat(this.#waiting).subarray(this.#inThread);
    this.#waiting = [];
    try {
      for (let at = 0; at < rest.length; ) at += writeSync(this.#target?.fd ?? STDOUT, rest, at);
    } catch (error) {
      this.#fate.lost(countLines(rest), reasonOf(error));
    }
  }

  #write(): void {
    try {
      this.#target ??= open(this.#file);
    } catch (error) {
      return this.#lose(reasonOf(error));
    }
    const { kind } = this.#target;
    while (this.#waiting.length > 0) {
      const data = this.#next(kind);
      this.#busy = true;
      let isOver = false;
      let goesOn = false;
      this.#inThread = data.length;
      this.#target.write(this.#target.fd, data, (error, written) => {
        goesOn = this.#settle(data, error, written);
        // A thread has written.
        if (isOver && goesOn) this.#write();
      });
      isOver = true;
      if (!goesOn) return;
    }
  }

  /** What is written at once: whole lines, as far as the kernel does not mix them. */
  #next(kind: Opened['kind']): Buffer {
    const [first] = this.#waiting as [Buffer];
    if (this.#hasFailed && kind === 'file' && endsInPart(this.#file)) {
      const data = Buffer.concat([Buffer.from('\n'), first]);
      this.#waiting[0] = data;
      this.#waitingBytes++;
      return data;
    }
    if (kind !== 'pipe' || first.length <= WHOLE_BYTES) return first;
    const end = first.lastIndexOf(NEWLINE, WHOLE_BYTES - 1) + 1;
    return first.subarray(0, end > 0 ? end : first.indexOf(NEWLINE) + 1);
  }

  /** @returns whether the next piece may be written now */
  #settle(data: Buffer, error: NodeJS.ErrnoException | null, written: number): boolean {
    this.#inThread = 0;
    if (error?.code === 'EAGAIN') {
      setTimeout(() => {
        if (!this.#busy) return;
        this.#busy = false;
        this.#write();
      }, AGAIN_MS).unref();
      return false;
    }
    this.#busy = false;
    if (error) {
      this.#hasFailed = true;
      this.#lose(reasonOf(error));
      return false;
    }
    this.#drop(written);
    // A part was written, because the disk is full for example: the next write says why.
    if (written < data.length) return true;
    this.#hasFailed = false;
    if (this.#waiting.length === 0) this.#fate.written();
    return true;
  }

  #drop(bytes: number): void {
    const [first] = this.#waiting as [Buffer];
    if (bytes < first.length) this.#waiting[0] = first.subarray(bytes);
    else this.#waiting.shift();
    this.#waitingBytes -= bytes;
  }

  #lose(reason: string): void {
    const lines = this.#waiting.reduce((sum, data) => sum + countLines(data), 0);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (lines > 0) this.#fate.lost(lines, reason);
  }
}

/** True for a file whose last line has no end: a worker has written a part of it on a disk that was full. */
function endsInPart(file: string): boolean {
  try {
    const fd = openSync(file, O_RDONLY | O_NONBLOCK);
    try {
      const last = Buffer.alloc(1);
      const { size } = fstatSync(fd);
      return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
