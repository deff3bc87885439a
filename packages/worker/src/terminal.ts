/** Standard output on a terminal that may close while the worker serves. The kernel does not tell the worker. */
import { isatty } from 'node:tty';
import { replaceLostTerminal } from '@tshorn/core';

/** Without it, the next line that the app prints ends the worker, and so it does with its replacement. */
export function standLossOfTerminal(): void {
  if (!isatty(1)) return;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO') throw error;
  });
  process.on('exit', () => void replaceLostTerminal());
}
