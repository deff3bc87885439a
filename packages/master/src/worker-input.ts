/** The standard input of a worker, which follows that of the master where no worker takes another's input. */
import fs from 'node:fs';
import { isTerminal } from '@tshorn/core';

export interface WorkerInput {
  /** For the `stdio` of the fork. */
  readonly stdio: 'pipe' | 'inherit' | number;
  /** Call it after the fork: the descriptor is the worker's then. Never throws. */
  close(): void;
}

const sameAsMaster: WorkerInput = { stdio: 'inherit', close: () => {} };

/**
 * An open and silent pipe. An app that ends with its standard input (`process.stdin.on('end', ...)`) would end with a
 * pipe of the master's, and workers that shared a terminal would take each other's keys.
 */
const silent: WorkerInput = { stdio: 'pipe', close: () => {} };

/**
 * A device such as /dev/null is passed on: an app that reads its input to the end waits for ever at a silent pipe. A
 * regular file is opened afresh, so each worker reads it from its beginning.
 * @param fd standard input of the master
 */
export function openWorkerInput(fd = 0): WorkerInput {
  let stat: fs.Stats;
  try {
    stat = fs.fstatSync(fd);
  } catch {
    return silent;
  }
  if (stat.isCharacterDevice()) return isTerminal(fd) ? silent : sameAsMaster;
  return stat.isFile() ? reopened(fd) : silent;
}

/** Linux alone opens the file again: elsewhere, and where its rights forbid that, the workers share the position in it. */
function reopened(fd: number): WorkerInput {
  try {
    const own = fs.openSync(`/proc/self/fd/${fd}`, 'r');
    return { stdio: own, close: () => fs.closeSync(own) };
  } catch {
    return sameAsMaster;
  }
}
