/** How a descriptor is written to without waiting for its reader. */
import fs from 'node:fs';

/** Kept from before the app is loaded, which may replace it. */
const { fstatSync, openSync, readFileSync, write: writeLater, writeSync } = fs;

const [STDOUT, STDERR] = [1, 2];

export type WriteDone = (error: NodeJS.ErrnoException | null, written: number) => void;
/** `fs.write` as it is needed here; it may call back at once. */
export type Write = (fd: number, data: Buffer, done: WriteDone) => void;

export interface WriteTarget {
  readonly fd: number;
  readonly write: Write;
  /** `write` calls back before it returns, and never waits for a reader. */
  readonly isSync: boolean;
  /** The descriptor has been opened here, and whoever uses it closes it. */
  readonly isOwn: boolean;
}

function writeNow(fd: number, data: Buffer, done: WriteDone): void {
  let written: number;
  try {
    written = writeSync(fd, data);
  } catch (error) {
    done(error as NodeJS.ErrnoException, 0);
    return;
  }
  done(null, written);
}

/**
 * How a descriptor can be written to without waiting, and so that a line is out before the call returns. A pipe and a
 * terminal are opened once more through /proc with O_NONBLOCK: that flag belongs to the open file description, and
 * setting it on the inherited one would change it for every process that shares it. A regular file never waits for a
 * reader. A socket cannot be opened again, but Node sets the flag on it when `process.stderr` or `process.stdout` is made. For all else a
 * thread waits.
 */
export function targetOf(fd: number): WriteTarget {
  try {
    const kind = fstatSync(fd);
    if (kind.isFIFO() || kind.isCharacterDevice()) {
      const flags = fs.constants.O_WRONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;
      return { fd: openSync(`/proc/self/fd/${fd}`, flags), write: writeNow, isSync: true, isOwn: true };
    }
    if (kind.isFile()) return { fd, write: writeNow, isSync: true, isOwn: false };
    if (fd === STDERR) void process.stderr;
    if (fd === STDOUT) void process.stdout;
    if (isNonBlocking(fd)) return { fd, write: writeNow, isSync: true, isOwn: false };
  } catch {
    // No /proc, or a descriptor of another user: the thread does it.
  }
  return { fd, write: writeLater as Write, isSync: false, isOwn: false };
}

function isNonBlocking(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return (Number.parseInt(flags ?? '0', 8) & fs.constants.O_NONBLOCK) !== 0;
}
