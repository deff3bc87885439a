/** Reloads of a server with many WebSockets that talk now and then, and a light load beside them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSockets } from '../load/websockets.mjs';
import { movesIn } from './idle-run.mjs';
import { contenders, startServer } from './websocket-servers.mjs';

const LIGHT = 20;
/** Each of the many says something so often. */
const EVERY_S = 2;
const SETTLE_S = 3;
const STEADY_S = 8;
const PAUSE_S = 2;

/** @param {{workers: number, connections: number, rate: number, reloads: number}} options */
export async function reloads({ workers, connections, rate, reloads }) {
  const server = await startServer(contenders.saves.env, workers);
  const many = new WebSockets();
  const light = new WebSockets();
  try {
    await many.open(server.port, connections);
    await light.open(server.port, LIGHT);
    await many.talk(connections / EVERY_S);
    await light.talk(rate);
    process.stderr.write(`${connections} WebSockets are open\n`);
    await sleep(SETTLE_S * 1000);
    const from = Date.now();
    await sleep(STEADY_S * 1000);
    const results = [];
    for (let count = 1; count <= reloads; count++) {
      if (count > 1) await sleep(PAUSE_S * 1000);
      const first = server.lines.length;
      const { started, finished } = await server.reload();
      const lines = server.lines.slice(first);
      const { outcome, reason } = finished;
      const drains = lines.filter(({ event }) => event === 'drained');
      const refused = drains.map((line) => line.refused ?? {});
      results.push({
        from: started.time,
        to: finished.time,
        outcome,
        reason,
        moves: movesIn(lines),
        refused,
      });
      process.stderr.write(`reload ${count} of ${reloads}\n`);
    }
    // An answer that came last is still on its way.
    await sleep(500);
    return { from, reloads: results, many: await many.seen(), light: await light.seen() };
  } finally {
    many.close();
    light.close();
    await server.stop();
  }
}
