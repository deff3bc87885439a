/** The descriptor that the lines of the access log are written to, and where its file ends. */
import fs from 'node:fs';
import { targetOf, type WriteTarget } from '@tshorn/core';

/** Kept from before the app is loaded, which may replace it. */
const { closeSync, fstatSync, openSync, readSync } = fs;
const { O_WRONLY, O_RDWR, O_CREAT, O_APPEND, O_NONBLOCK } = fs.constants;
/** Without O_NONBLOCK the open of a named pipe waits for a reader. */
const APPEND = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK;
const APPEND_AND_READ = O_RDWR | O_APPEND | O_NONBLOCK;

export const STDOUT = 1;
export const NEWLINE = 10;

export interface Opened extends Omit<WriteTarget, 'isOwn'> {
  readonly kind: 'file' | 'pipe' | 'other';
  /** Its end can be looked at. */
  readonly isReadable: boolean;
}

/** @param file its path, or `-` for standard output. Throws what `open` fails with. */
export function open(file: string): Opened {
  const isOurs = file !== '-';
  const fd = isOurs ? openSync(file, APPEND) : STDOUT;
  const stat = fstatSync(fd);
  if (isOurs && stat.isFile()) return openedFile(file, fd);
  const target = targetOf(fd);
  if (isOurs && target.fd !== fd) closeSync(fd);
  const kind = stat.isFile() ? 'file' : stat.isFIFO() ? 'pipe' : 'other';
  return { ...target, kind, isReadable: false };
}

/** A file is opened for reading as well, where that is allowed. A named pipe is not: it would have a reader then. */
function openedFile(file: string, fd: number): Opened {
  const written: Opened = { ...targetOf(fd), kind: 'file', isReadable: false };
  let both: number;
  try {
    both = openSync(file, APPEND_AND_READ);
  } catch {
    return written;
  }
  // Something else may have taken its place between the two.
  const isFile = fstatSync(both).isFile();
  closeSync(isFile ? fd : both);
  return isFile ? { ...written, fd: both, isReadable: true } : written;
}

const LAST = new Uint8Array(1);

/** The size of a file whose last line has no end; undefined for one that ends as it should. */
function sizeWithPart({ fd }: Opened): number | undefined {
  try {
    const { size } = fstatSync(fd);
    return size > 0 && readSync(fd, LAST, 0, 1, size - 1) === 1 && LAST[0] !== NEWLINE ? size : undefined;
  } catch {
    return undefined;
  }
}

/** Time in which a file has to stay as it is. A write is under way for some microseconds, if its process is not interrupted. */
const STILL_MS = 50;

/**
 * Looks whether a file ends in a part of a line: on a disk that was full a worker has written one, or a worker was killed
 * while it wrote. While another worker writes, the end of the file is within its lines too: the kernel makes the file longer
 * piece by piece. So such an end counts when it has stayed for a while.
 */
export class PartAtEnd {
  #size: number | undefined;
  #since = 0;

  /** @returns undefined for an end that has to be looked at once more, later */
  look(target: Opened): boolean | undefined {
    const size = sizeWithPart(target);
    const isNew = size !== this.#size;
    this.#size = size;
    if (size === undefined) return false;
    const now = performance.now();
    if (isNew) this.#since = now;
    return now - this.#since >= STILL_MS || undefined;
  }
}
