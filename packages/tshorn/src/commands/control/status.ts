import { paintFor, print } from '../style.ts';
import { ask } from './client.ts';
import { findMasters, pidIn, statusOf, type Which } from './find.ts';
import { type MasterLine, mastersText } from './masters-view.ts';
import { type Status, statusText } from './status-view.ts';

/**
 * `tshorn status`: prints the master, its workers and the last reloads; a table of the masters where several run and none
 * is named. Resolves with 0.
 */
export async function status({ json, ...which }: Which & { readonly json: boolean }): Promise<number> {
  const [socket, ...others] = await findMasters(which, process.env);
  const page = { paint: paintFor(process.stdout, process.env), width: process.stdout.columns };
  if (others.length > 0) {
    const masters = await Promise.all([socket, ...others].map(lineOf));
    print(json ? JSON.stringify(masters, null, 2) : mastersText(masters, page));
    return 0;
  }
  const value = (await ask(socket, '/status')) as Status;
  print(json ? JSON.stringify(value, null, 2) : statusText(value, { ...page, now: Date.now() }));
  return 0;
}

async function lineOf(control: string): Promise<MasterLine> {
  const pid = pidIn(control);
  return (await statusOf(control)) ?? { ...(pid !== undefined && { pid }), control, state: 'no answer' };
}
