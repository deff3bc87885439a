/** One crash of one server, with idle connections, WebSockets and slow requests: what its clients lose. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Herd } from '../load/herd.mjs';
import { WebSockets } from '../load/websockets.mjs';
import { RunningPeer } from './peer.mjs';

const APP = fileURLToPath(new URL('../apps/throws.mjs', import.meta.url));
/** Messages per second, of all WebSockets together. */
const TALK = 100;
/** The slow requests have arrived by then, and none is answered. */
const ARRIVED_MS = 400;
/** After the last answer: a connection that the server closes has closed by then. */
const AFTER_MS = 1_500;
const ANSWER_MS = 20_000;

/** A request on a connection of its own; resolves with its status, or `cut`. @returns {Promise<number | 'cut'>} */
const ask = (port, path) =>
  new Promise((resolve) => {
    const request = http.get(
      { host: '127.0.0.1', port, path, agent: false, timeout: ANSWER_MS },
      (response) => {
        response.resume();
        response.once('end', () => resolve(Number(response.statusCode)));
        response.once('error', () => resolve('cut'));
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve('cut'));
  });

/**
 * @param {import('../peers/peers.mjs').Peer} peer @param {string} program
 * @param {{workers: number, connections: number, sockets: number, requests: number}} options
 */
export async function crashRun(peer, program, { workers, connections, sockets, requests }) {
  const server = await RunningPeer.start(peer, program, workers, {
    app: APP,
    env: { SURVIVE: '1', STATE_BYTES: '1' },
  });
  const idle = new Herd();
  const webSockets = new WebSockets();
  try {
    await idle.open(server.port, connections);
    await webSockets.open(server.port, sockets);
    await webSockets.talk(TALK);
    const before = new Set(server.workers());
    const slow = Array.from({ length: requests }, () => ask(server.port, '/slow'));
    await sleep(ARRIVED_MS);
    const culprit = ask(server.port, '/throws');
    const answers = await Promise.all(slow);
    const fate = await culprit;
    await server.replaced(before);
    await sleep(AFTER_MS);
    const { closed, wrong } = await webSockets.seen();
    return {
      requests: answers.filter((answer) => answer !== 200).length,
      culprit: fate,
      idle: await idle.closed(),
      webSockets: closed + wrong,
    };
  } finally {
    idle.close();
    webSockets.close();
    await server.stop();
  }
}
