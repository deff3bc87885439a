/** Times the first requests of a new worker, and those of the same worker after it has run for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from '../load/connection.mjs';
import { Tshorn } from './tshorn.mjs';

const app = fileURLToPath(new URL('../apps/lazy-cache.mjs', import.meta.url));
const FIRST = 100;
/** Requests until a worker counts as long-running. */
const LONG = 3000;
/** A worker that has just got in, and its reload, are left to come to rest. */
const REST_MS = 100;

/** One after the other on a connection of its own. @returns {Promise<number[]>} ms of each */
async function ask(port, count) {
  const connection = new Connection({ port, keepAlive: true, timeoutMs: 5000 });
  await sleep(REST_MS);
  const took = [];
  for (let at = 0; at < count; at++) {
    const start = performance.now();
    const outcome = await connection.ask();
    if (outcome !== 'answered') throw new Error(`request ${at + 1} of ${count}: ${outcome}`);
    took.push(performance.now() - start);
  }
  connection.close();
  return took;
}

/**
 * Each round is a reload of one worker, so that there is only the new one to answer.
 * @param {number} rounds @param {string[]} flags
 * @returns {Promise<{first: number[], long: number[], tookMs: number[]}>} ms: of each of the first 100
 *   requests, of each of 100 later ones, of each reload; all rounds together
 */
export async function firstRequests(rounds, flags) {
  const server = new Tshorn(app, 1, ['--soak', '0', ...flags]);
  const first = [];
  const long = [];
  const tookMs = [];
  try {
    await server.event('started');
    for (let round = 0; round < rounds; round++) {
      const { started, finished } = await server.reload();
      if (finished.outcome !== 'committed') throw new Error(finished.msg);
      tookMs.push(finished.time - started.time);
      first.push(...(await ask(server.port, FIRST)));
      await ask(server.port, LONG);
      long.push(...(await ask(server.port, FIRST)));
    }
  } finally {
    await server.stop();
  }
  return { first, long, tookMs };
}
