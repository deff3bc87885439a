/**
 * Standard streams whose terminal is gone. When a terminal closes, its descriptors stay open and dead: every call on them
 * fails with EIO (hung_up_tty_fops in drivers/tty/tty_io.c), and Node 20 aborts when it resets them at its exit. Linux
 * only: elsewhere no stream counts as lost.
 */
import fs from 'node:fs';

const STREAMS = [0, 1, 2];

/** True for a descriptor of a terminal that lives. `node:tty` is loaded for devices alone: it costs a start 3 ms. */
export const isTerminal = (fd: number): boolean =>
  isDevice(fd) && process.getBuiltinModule('node:tty').isatty(fd);

function isDevice(fd: number): boolean {
  try {
    // By bigint, which has a buffer of its own. After a look at a pipe, the next realpathSync() of Node's module loader
    // ends at the first part of a path that it knows ("break if a pipe/socket" in lib/fs.js looks at the last result of
    // any call): a linked package would be loaded by the path of its link.
    return fs.fstatSync(fd, { bigint: true }).isCharacterDevice();
  } catch {
    return false; // Closed.
  }
}

/** True where one of the standard streams is a terminal. */
export const hasTerminal = (): boolean => STREAMS.some(isTerminal);

/** True for a process that hears of the end of a terminal: not after setsid(1), which has none. tty(4) */
export function isControlledByTerminal(): boolean {
  try {
    fs.closeSync(fs.openSync('/dev/tty', fs.constants.O_RDONLY | fs.constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

function isLost(fd: number): boolean {
  if (!isDevice(fd) || isTerminal(fd)) return false;
  try {
    return /^\/dev\/(pts\/|tty|console)/.test(fs.readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    return false;
  }
}

/** When a stream was first seen to be lost. */
let lostAt: number | undefined;

/**
 * Puts /dev/null in the place of the standard streams whose terminal is gone. Returns when that was first seen, by
 * `performance.now()`; undefined while the terminal lives, and where there was none.
 */
export function replaceLostTerminal(): number | undefined {
  const lost = STREAMS.filter(isLost);
  for (const fd of lost) {
    fs.closeSync(fd);
    // The kernel gives the lowest number that is free, which is the one just closed.
    fs.openSync('/dev/null', 'r+');
  }
  if (lost.length > 0) lostAt ??= performance.now();
  return lostAt;
}
