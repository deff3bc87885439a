/** Shared parts of the commands that send a request to a master. */
import { TshornError } from '@tshorn/core';
import { print } from '../style.ts';
import { ask } from './client.ts';

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

/** `--no-wait`: sends the request, prints `text` or the answer as JSON, and resolves with the exit code 0. */
export async function requestOnly(
  socket: string,
  path: string,
  body: object,
  { json, text }: { readonly json: boolean; readonly text: string },
): Promise<number> {
  const answer = await ask(socket, `${path}?wait=0`, body);
  print(json ? JSON.stringify(answer) : text);
  return 0;
}
