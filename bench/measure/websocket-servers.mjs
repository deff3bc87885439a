/** The servers that are compared: the same app with `survive` and without. */
import { fileURLToPath } from 'node:url';
import { firstAnswer } from '../load/first-answer.mjs';
import { Tshorn } from './tshorn.mjs';

const app = fileURLToPath(new URL('../apps/websockets.mjs', import.meta.url));

/** `again` is `without` once more: what it differs by is noise. @type {Record<string, {name: string, env: object}>} */
export const contenders = {
  survive: { name: 'survive(wss)', env: { SURVIVE: '1' } },
  saves: { name: 'survive(wss, { save, restore })', env: { SURVIVE: '1', STATE_BYTES: '200' } },
  without: { name: 'without', env: {} },
  again: { name: 'without, once more', env: {} },
};

/** @param {object} env @param {number} workers @param {string[]} [flags] */
export async function startServer(env, workers, flags = []) {
  const server = new Tshorn(app, workers, flags, env);
  await server.event('started');
  await firstAnswer(server.port);
  return server;
}
