/** The words of the log about files that `USR1` has opened again, after a rotation has moved them away. */
import type { Logger } from './log.ts';
import { checkWritable } from './log-file.ts';

/** @param files those of the logs; what cannot be written to is named by the report of what is lost, and not here */
export function tellReopened(log: Pick<Logger, 'info'>, files: readonly string[]): void {
  const event = 'log-reopened';
  if (files.length === 0) log.info({ event }, 'no log has a file: there is none to open again');
  for (const file of new Set(files)) {
    if (isWritable(file)) log.info({ event, file }, `log file reopened: ${file}`);
  }
}

function isWritable(file: string): boolean {
  try {
    checkWritable('', file);
    return true;
  } catch {
    return false;
  }
}
