/**
 * The memory of an idle WebSocket in its worker. Of two weighings, the first with some connections open already: what
 * the first upgrades bring (code, shapes, grown heaps) is in both.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSockets } from '../load/websockets.mjs';
import { childrenOf, memoryOf } from './proc.mjs';
import { contenders, startServer } from './websocket-servers.mjs';

const FIRST = 500;
const SETTLE_MS = 500;

async function weigh(server, clients) {
  await sleep(SETTLE_MS);
  const workers = childrenOf(server.pid);
  const heap = await clients.heap(workers.length);
  return { heap, own: workers.map(memoryOf).reduce((sum, { own }) => sum + own, 0) };
}

/** Bytes per WebSocket of one server that has just started. */
async function weighOne(key, { workers, connections }) {
  const server = await startServer(contenders[key].env, workers);
  const clients = new WebSockets();
  try {
    await clients.open(server.port, FIRST);
    const before = await weigh(server, clients);
    await clients.open(server.port, connections);
    const after = await weigh(server, clients);
    const { closed } = await clients.seen();
    const per = (kind) => (after[kind] - before[kind]) / connections;
    return { heap: per('heap'), own: per('own'), failed: closed };
  } finally {
    clients.close();
    await server.stop();
  }
}

/** Samples by contender. @param {{workers: number, connections: number}} options @param {number} rounds */
export async function memory(options, rounds) {
  const keys = Object.keys(contenders);
  const samples = Object.fromEntries(keys.map((key) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < keys.length; turn++) {
      const key = keys[(turn + round) % keys.length];
      samples[key].push(await weighOne(key, options));
    }
    process.stderr.write(`weighed ${round + 1} of ${rounds}\n`);
  }
  return samples;
}
