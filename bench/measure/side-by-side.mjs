/** Servers beside each other, with the loads that all of them get. */
import { Load } from '../load/load.mjs';
import { alternate } from './alternate.mjs';
import { startAll, stopAll } from './contenders.mjs';
import { rateOf } from './rate-run.mjs';

/**
 * Before it is measured, a server has so many requests of a load, for so long at the most. V8 compiles the last of what a request
 * needs after some ten thousand of them: until then a server with more code than another looks much worse than it is.
 */
const WARM_UP = {
  requests: { milliseconds: 8_000, most: 30_000 },
  connections: { milliseconds: 4_000, most: 1_000 },
};

/** How a load is made: `resumes` only over TLS. */
const kinds = {
  keepAlive: undefined,
  fresh: { resumes: false },
  resumed: { resumes: true },
};

/**
 * @typedef {import('./contenders.mjs').Running} Running
 * @typedef {import('./alternate.mjs').Turn} Turn
 * @typedef {{workers: number, starts: number, rounds: number, seconds: number, connections: number}} Options `seconds`: of one turn
 * @typedef {(servers: Record<string, Running>, load: Load, ask: (server: Running, group: string) => Turn) =>
 *   Promise<Record<string, Record<string, Turn>>>} More
 */

/**
 * @param {Record<string, () => Promise<Running>>} starts by name; those that begin with `_` get no load of themselves
 * @param {(keyof typeof kinds)[]} loads
 * @param {Options} options
 * @param {{more?: More, last?: (servers: Record<string, Running>) => void}} [besides] `more`: further loads, of each sitting;
 *   `last`: a look before they end
 */
export async function sideBySide(starts, loads, options, { more, last } = {}) {
  const load = new Load();
  try {
    return await alternate(options, async () => {
      const servers = await startAll(starts);
      const close = async () => {
        last?.(servers);
        await load.leave();
        await stopAll(servers);
      };
      try {
        const turns = await turnsOf(servers, loads, load, options);
        return { turns: { ...turns, ...(await more?.(servers, load, asking(load, options))) }, close };
      } catch (error) {
        await close();
        throw error;
      }
    });
  } finally {
    load.close();
  }
}

/** Requests on a group of connections. */
const asking =
  (load, { seconds }) =>
  (server, group) =>
  (isWarmUp) =>
    rateOf(server, () => load.ask(group, isWarmUp ? WARM_UP.requests : { milliseconds: seconds * 1000 }));

async function turnsOf(servers, loads, load, options) {
  const { connections, seconds } = options;
  const turns = Object.fromEntries(loads.map((name) => [name, {}]));
  for (const [key, server] of Object.entries(servers)) {
    if (key.startsWith('_')) continue;
    for (const name of loads) {
      const single = kinds[name];
      if (!single) {
        const { processes } = server;
        await load.open(key, server, { each: Math.ceil(connections / processes), processes });
        turns[name][key] = asking(load, options)(server, key);
        continue;
      }
      turns[name][key] = async (isWarmUp) => {
        await load.prepare(server, { connections, ...single });
        const limits = isWarmUp ? WARM_UP.connections : { milliseconds: seconds * 1000 };
        return rateOf(server, () => load.single(server, { connections, ...single, ...limits }));
      };
    }
  }
  return turns;
}

/** Requests without a right answer, over all loads. @param {import('./alternate.mjs').Samples} samples */
export const failedOf = (samples) =>
  Object.values(samples)
    .flatMap((servers) => Object.values(servers).flat())
    .reduce((sum, { failed }) => sum + failed, 0);
