/** The files of `--log-file` and `--output-file`: appended to, and opened again after a rotation has moved them away. */
import fs from 'node:fs';
import path from 'node:path';
import type { Config } from '@tshorn/config';
import { systemReason, TshornError, targetOf } from '@tshorn/core';
import { Outlet } from './outlet.ts';

type LogPlaces = Pick<Config, 'logFile' | 'outputFile' | 'accessLog'>;

const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = fs.constants;
/** Without O_NONBLOCK the open of a named pipe waits for a reader, and the master with it. */
const APPEND = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK;

/**
 * @param option the option that names the file, for the error
 * @throws TshornError ERR_LOG_FILE for a file that cannot be written to
 */
export function logFile(option: string, file: string): Outlet {
  checkWritable(option, file);
  return new Outlet(() => open(file));
}

/**
 * For a check that makes no file: whether the directories of the log files are there.
 * @throws TshornError ERR_LOG_FILE that names the option
 */
export function checkLogPlaces({ logFile, outputFile, accessLog }: LogPlaces): void {
  const files = { '--log-file': logFile, '--output-file': outputFile, '--access-log': accessLog };
  for (const [option, file] of Object.entries(files)) {
    if (!file || file === '-') continue;
    const kindOf = (path: string) => fs.statSync(path, { throwIfNoEntry: false });
    if (kindOf(file)?.isDirectory()) throw unwritable(option, file, 'it is a directory');
    const directory = path.dirname(file);
    if (!kindOf(directory)?.isDirectory())
      throw unwritable(option, file, `there is no directory ${directory}`);
  }
}

export const unwritable = (option: string, file: string, why: string): TshornError =>
  new TshornError('ERR_LOG_FILE', `${option}: cannot write ${file}: ${why}`, {
    fix: 'choose a file in a directory that exists and that this user may write to',
  });

/** @throws TshornError ERR_LOG_FILE for a file that cannot be written to */
export function checkWritable(option: string, file: string): void {
  try {
    fs.closeSync(fs.openSync(file, APPEND));
  } catch (error) {
    // A named pipe whose reader is still to come. For a socket (/dev/stdout under systemd) none will.
    const isExpected = (error as NodeJS.ErrnoException).code === 'ENXIO' && fs.statSync(file).isFIFO();
    if (isExpected) return;
    throw unwritable(option, file, systemReason(error));
  }
}

function open(file: string) {
  const fd = fs.openSync(file, APPEND);
  const target = targetOf(fd);
  if (target.fd !== fd) fs.closeSync(fd);
  return { ...target, isOwn: true };
}
