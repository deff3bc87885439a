/** What the commands that ask a master have in common. */
import { TshornError } from '@tshorn/core';
import type { CommandLine } from './command-line.ts';

/** @returns the exit code: 0 done, 1 not done */
export type Run = (socket: string, line: CommandLine) => Promise<number>;

/** The answer broke off: whoever asked has to look for himself. */
export const brokeOff = (what: string): TshornError =>
  new TshornError('ERR_CONTROL', `the master is gone: it ended in the middle of ${what}, without a verdict`);

/** Ctrl-C ends the command alone; `say` tells what goes on. Exit code 130, as shells have it. */
export function onInterrupt(say: () => void): () => void {
  const interrupted = () => {
    say();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  return () => process.off('SIGINT', interrupted);
}
