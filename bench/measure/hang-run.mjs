/** A worker with many idle connections hangs: how long until another one serves each of them. */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Tshorn } from './tshorn.mjs';

const app = fileURLToPath(new URL('../apps/hangs.mjs', import.meta.url));
export const TIMEOUT_MS = 2_000;
/** The master spreads new connections evenly within this time. */
const BALANCE_MS = 2_000;

/** One connection that stays. `ask` resolves with the pid that has answered; undefined: the connection has ended. */
function client(port) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  let answered = () => {};
  socket.setEncoding('latin1');
  socket.on('data', (text) => answered(Number(/\r\n\r\n(\d+)/.exec(text)?.[1])));
  socket.on('error', () => {});
  socket.on('close', () => answered(undefined));
  const ask = (path) =>
    new Promise((resolve) => {
      answered = resolve;
      if (socket.destroyed) resolve(undefined);
      else socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
    });
  return { ask, end: () => socket.destroy() };
}

/**
 * All idle connections of the worker send a request while it hangs; the time counts to the last answer.
 * @param {{workers: number, connections: number}} options connections of each worker
 */
export async function hangRun({ workers, connections }) {
  const server = new Tshorn(app, workers, ['--timeout', `${TIMEOUT_MS}ms`]);
  try {
    await server.event('started');
    const clients = [];
    while (clients.length < workers * connections) {
      const one = client(server.port);
      await one.ask('/');
      clients.push(one);
    }
    await sleep(BALANCE_MS);
    const pids = await Promise.all(clients.map(({ ask }) => ask('/')));
    const [pid] = pids;
    const [culprit, ...idle] = clients.filter((_, at) => pids[at] === pid);
    const from = server.lines.length;
    const since = Date.now();
    const lost = culprit.ask('/hang');
    await sleep(TIMEOUT_MS / 2);
    const answers = await Promise.all(idle.map(({ ask }) => ask('/')));
    const answeredAt = Date.now();
    await lost;
    const { rescued, interrupted, lost: counted } = await server.event('contained', from);
    const verdict = await server.event('rescuing', from);
    for (const one of clients) one.end();
    const closed = answers.filter((by) => by === undefined).length;
    return {
      idle: idle.length,
      closed,
      rescued,
      interrupted,
      lost: counted,
      beyondMs: answeredAt - since - TIMEOUT_MS,
      fromVerdictMs: answeredAt - verdict.time,
    };
  } finally {
    await server.stop();
  }
}
