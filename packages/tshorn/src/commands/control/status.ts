import { paintFor, print } from '../style.ts';
import { ask } from './client.ts';
import type { Which } from './find.ts';
import { findMaster } from './find.ts';
import { type Status, statusText } from './status-view.ts';

/** `tshorn status`: prints the master, its workers and the last reloads. Resolves with 0. */
export async function status({ json, ...which }: Which & { readonly json: boolean }): Promise<number> {
  const value = (await ask(await findMaster(which, process.env), '/status')) as Status;
  const paint = paintFor(process.stdout, process.env);
  print(
    json
      ? JSON.stringify(value, null, 2)
      : statusText(value, { now: Date.now(), paint, width: process.stdout.columns }),
  );
  return 0;
}
