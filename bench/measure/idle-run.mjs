/** Reloads of a server with many idle connections and a light load beside them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Herd } from '../load/herd.mjs';
import { lightLoad } from '../load/light.mjs';
import { Tshorn } from './tshorn.mjs';

const app = fileURLToPath(new URL('../apps/who.mjs', import.meta.url));
/** Longer than the run. */
const KEEP_ALIVE = ['--keep-alive-timeout', '1h'];
const SETTLE_S = 3;
const PAUSE_S = 2;

/** @typedef {{from: number, to: number, connections: number}} Move from the drain's order to its report */

/** @param {import('./tshorn.mjs').Line[]} lines @returns {Move[]} */
export function movesIn(lines) {
  const drains = lines.filter(({ event }) => event === 'draining');
  return drains.flatMap((drain) => {
    const end = lines.find(({ event, pid }) => event === 'drained' && pid === drain.pid);
    return end ? [{ from: drain.time, to: end.time, connections: end.moved }] : [];
  });
}

/** @param {Tshorn} server @param {Herd} herd */
async function reloadOnce(server, herd, sample) {
  const first = server.lines.length;
  const closedBefore = await herd.closed();
  const { started, finished } = await server.reload();
  // A close that came last is still on its way to the client.
  await sleep(200);
  const closed = (await herd.closed()) - closedBefore;
  const lines = server.lines.slice(first);
  const young = new Set(lines.filter(({ event }) => event === 'ready').map(({ pid }) => pid));
  const { pids, failures } = await herd.ask(sample);
  return {
    from: started.time,
    to: finished.time,
    outcome: finished.outcome,
    reason: finished.reason,
    moves: movesIn(lines),
    closed,
    asked: { answered: pids.length, byNewWorkers: pids.filter((pid) => young.has(pid)).length, failures },
  };
}

/**
 * @param {{workers: number, connections: number, rate: number, seconds: number, reloads: number,
 *   sample: number}} options
 * @param {string[]} [flags]
 */
export async function idleRun({ workers, connections, rate, seconds, reloads, sample }, flags = []) {
  const server = new Tshorn(app, workers, [...KEEP_ALIVE, ...flags]);
  const herd = new Herd();
  let load = [];
  try {
    await server.event('started');
    const port = server.port;
    await herd.open(port, connections);
    process.stderr.write(`${connections} connections are open\n`);
    load = lightLoad(port, rate);
    for (const client of load) client.start();
    await sleep(SETTLE_S * 1000);
    const from = Date.now();
    await sleep(seconds * 1000);
    const results = [];
    for (let count = 1; count <= reloads; count++) {
      if (count > 1) await sleep(PAUSE_S * 1000);
      results.push(await reloadOnce(server, herd, Math.min(sample, connections)));
      process.stderr.write(`reload ${count} of ${reloads}\n`);
    }
    await sleep(500);
    return { from, reloads: results, tallies: load.map(({ tally }) => tally) };
  } finally {
    await Promise.all(load.map((client) => client.stop()));
    herd.close();
    await server.stop();
  }
}
