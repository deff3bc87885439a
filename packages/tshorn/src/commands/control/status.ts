import { paintFor, print } from '../style.ts';
import { directory, mastersMeant } from './choose.ts';
import { ask } from './client.ts';
import { findMasters, pidIn, statusOf, type Which } from './find.ts';
import { type MasterLine, mastersText } from './masters-view.ts';
import { type Status, statusText } from './status-view.ts';

type Asked = Which & { readonly json: boolean; readonly all: boolean };

/**
 * `tshorn status`: prints the master, its workers and the last reloads; a table of the masters where several run and none
 * is meant. Resolves with 0.
 */
export async function status({ json, all, ...which }: Asked): Promise<number> {
  const { sockets, others } = all
    ? { sockets: await findMasters(which, process.env), others: 0 }
    : await mastersMeant(which, process.env, { here: directory() });
  const page = { paint: paintFor(process.stdout, process.env), width: process.stdout.columns };
  if (all || sockets.length > 1) {
    const masters = await Promise.all(sockets.map(lineOf));
    print(json ? JSON.stringify(masters, null, 2) : mastersText(masters, page));
    return 0;
  }
  const value = (await ask(sockets[0], '/status')) as Status;
  print(json ? JSON.stringify(value, null, 2) : statusText(value, { ...page, now: Date.now() }));
  if (!json && others > 0) print(`\n${page.paint('dim', hintOf(others))}`);
  return 0;
}

const hintOf = (others: number): string =>
  `this user runs ${others} more master${others === 1 ? '' : 's'}: tshorn status --all lists them`;

async function lineOf(control: string): Promise<MasterLine> {
  const pid = pidIn(control);
  return (await statusOf(control)) ?? { ...(pid !== undefined && { pid }), control, state: 'no answer' };
}
