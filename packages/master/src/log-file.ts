/** The files of `--log-file` and `--output-file`: appended to, and opened again after a rotation has moved them away. */
import fs from 'node:fs';
import { systemReason, TshornError, targetOf } from '@tshorn/core';
import { Outlet } from './outlet.ts';

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

/** @throws TshornError ERR_LOG_FILE for a file that cannot be written to */
export function checkWritable(option: string, file: string): void {
  try {
    fs.closeSync(fs.openSync(file, APPEND));
  } catch (error) {
    // A named pipe whose reader is still to come. For a socket (/dev/stdout under systemd) none will.
    const isExpected = (error as NodeJS.ErrnoException).code === 'ENXIO' && fs.statSync(file).isFIFO();
    if (isExpected) return;
    throw new TshornError('ERR_LOG_FILE', `${option}: cannot write ${file}: ${systemReason(error)}`, {
      fix: 'choose a file in a directory that exists and that this user may write to',
    });
  }
}

function open(file: string) {
  const fd = fs.openSync(file, APPEND);
  const target = targetOf(fd);
  if (target.fd !== fd) fs.closeSync(fd);
  return { ...target, isOwn: true };
}
