import type { Run } from './asking.ts';
import { ask } from './client.ts';
import { type Status, statusText } from './status-view.ts';
import { paintFor } from './style.ts';

/** `tshorn status`: prints the master, its workers and the last reloads. Resolves with 0. */
export const status: Run = async (socket, { json }) => {
  const value = (await ask(socket, '/status')) as Status;
  const paint = paintFor(process.stdout, process.env);
  const text = json ? JSON.stringify(value, null, 2) : statusText(value, { now: Date.now(), paint });
  process.stdout.write(`${text}\n`);
  return 0;
};
