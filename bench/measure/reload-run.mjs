/** Reloads of one tshorn under load: what happened when, and what every client saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cannon } from '../load/cannon.mjs';
import { OpenLoop } from '../load/open-loop.mjs';
import { Tshorn } from './tshorn.mjs';

const WARM_UP_S = 2;
const BETWEEN_S = 2;
/**
 * Three quarters of the rate are planned requests, the rest is autocannon's. On top of it there are
 * connections that are quiet for seconds, longer than a drain waits for a next request: they show
 * what a reload does to idle connections.
 */
const QUIET = { connections: 24, seconds: 4 };

/**
 * @typedef {{from: number, to: number, tookMs: number, outcome: string, reason?: string}} Reload
 * @typedef {{from: number, to: number, reloads: Reload[], ready: {at: number, ready: number}[],
 *   lines: import('./tshorn.mjs').Line[], tallies: import('../load/tally.mjs').Tally[]}} Run
 */

function clientsOf(port, rate) {
  const planned = { port, rate: (rate * 3) / 8 };
  const cannon = { port, rate: rate / 8, connections: 10 };
  return [
    new OpenLoop({ ...planned, name: 'planned, keep-alive', keepAlive: true, connections: 40 }),
    new OpenLoop({
      name: `planned, keep-alive, quiet for ${QUIET.seconds} s`,
      port,
      rate: QUIET.connections / QUIET.seconds,
      keepAlive: true,
      connections: QUIET.connections,
    }),
    new OpenLoop({ ...planned, name: 'planned, new connection each', keepAlive: false }),
    new Cannon({ ...cannon, name: 'autocannon, keep-alive', keepAlive: true }),
    new Cannon({ ...cannon, name: 'autocannon, new connection each', keepAlive: false }),
  ];
}

/**
 * @param {string} app @param {{workers: number, reloads: number, rate: number, seconds: number}} options
 * @param {string[]} flags @returns {Promise<Run>}
 */
export async function reloadRun(app, options, flags) {
  const server = new Tshorn(app, options.workers, flags);
  const reloads = [];
  let clients = [];
  let from = 0;
  let to = 0;
  try {
    await server.event('started');
    clients = clientsOf(server.port, options.rate);
    await Promise.all(clients.map((client) => client.start()));
    await sleep(WARM_UP_S * 1000);
    from = Date.now();
    await sleep(options.seconds * 1000);
    for (let count = 1; count <= options.reloads; count++) {
      if (count > 1) await sleep(BETWEEN_S * 1000);
      const { started, finished } = await server.reload();
      const { outcome, reason } = finished;
      const tookMs = finished.time - started.time;
      reloads.push({ from: started.time, to: finished.time, tookMs, outcome, reason });
      process.stderr.write(`${finished.msg}\n`);
    }
    await sleep(options.seconds * 1000);
    to = Date.now();
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
    await server.stop();
  }
  const tallies = clients.map(({ tally }) => tally);
  return { from, to, reloads, ready: server.readyOverTime(), lines: server.lines, tallies };
}
