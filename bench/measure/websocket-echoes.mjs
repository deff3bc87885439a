/** Measures the cost of a message: echoes at full speed, the servers in turns. */
import { WebSockets } from '../load/websockets.mjs';
import { cpuOf } from './proc.mjs';
import { contenders, startServer } from './websocket-servers.mjs';

const CLIENTS = 64;
const BYTES = 64;

async function oneTurn(server, clients, seconds) {
  await clients.open(server.port, CLIENTS);
  const before = cpuOf(server.pid);
  const { answered, wrong, closed, ...took } = await clients.echo({ bytes: BYTES, seconds });
  const cpuUs = (cpuOf(server.pid) - before) / 1000 / answered;
  await clients.leave();
  return { rate: answered / took.seconds, cpuUs, failed: wrong + closed };
}

/** Samples by contender. @param {{workers: number, rounds: number, seconds: number}} options */
export async function echoes({ workers, rounds, seconds }) {
  const keys = Object.keys(contenders);
  const servers = {};
  const samples = Object.fromEntries(keys.map((key) => [key, []]));
  const clients = new WebSockets();
  try {
    for (const key of keys) servers[key] = await startServer(contenders[key].env, workers);
    // Round 0 warms up: its figures are dropped.
    for (let round = 0; round <= rounds; round++) {
      for (let turn = 0; turn < keys.length; turn++) {
        const key = keys[(turn + round) % keys.length];
        const sample = await oneTurn(servers[key], clients, seconds);
        if (round > 0) samples[key].push(sample);
      }
      process.stderr.write(round ? `round ${round} of ${rounds}\n` : 'warmed up\n');
    }
  } finally {
    clients.close();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
  return samples;
}
