/** One reload of an app whose start is 3 s of CPU time, with a light load beside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lightLoad } from '../load/light.mjs';
import { Tshorn } from './tshorn.mjs';

const app = fileURLToPath(new URL('../apps/slow-boot.mjs', import.meta.url));
/** The first requests find cold workers. */
const SETTLE_S = 2;

/**
 * @param {{workers: number, rate: number, seconds: number}} options @param {string[]} flags
 * `steady`, `during`: ms from the planned moment, of each request before the reload and in it
 */
export async function slowBootRun({ workers, rate, seconds }, flags) {
  const server = new Tshorn(app, workers, flags);
  let load = [];
  try {
    await server.event('started');
    load = lightLoad(server.port, rate);
    for (const client of load) client.start();
    await sleep(SETTLE_S * 1000);
    const from = Date.now();
    await sleep(seconds * 1000);
    const { started, finished } = await server.reload();
    await sleep(500);
    const tallies = load.map(({ tally }) => tally);
    const all = tallies.flatMap(({ samples }) => samples);
    const steady = all.filter(({ at }) => at >= from && at < started.time);
    const during = all.filter(({ at, ms }) => at >= started.time && at - ms <= finished.time);
    return {
      tookMs: finished.time - started.time,
      outcome: finished.outcome,
      reason: finished.reason,
      failed: tallies.reduce(
        (sum, { failed, announced, unannounced }) => sum + failed + announced + unannounced,
        0,
      ),
      steady: steady.map(({ ms }) => ms),
      during: during.map(({ ms }) => ms),
    };
  } finally {
    await Promise.all(load.map((client) => client.stop()));
    await server.stop();
  }
}
