/** Shared parts of the commands that send a request to a master. */
import { TshornError } from '@tshorn/core';

/** The error for an answer that ended without a verdict. */
export const brokeOff = (what: string): TshornError =>
  new TshornError('ERR_CONTROL', `the master ended during ${what}, without a verdict`);

/**
 * Lets Ctrl-C end the command alone, with exit code 130 as in shells.
 * @param say prints what continues without the command
 * @returns removes the handler
 */
export function onInterrupt(say: () => void): () => void {
  const interrupted = () => {
    say();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  return () => process.off('SIGINT', interrupted);
}
