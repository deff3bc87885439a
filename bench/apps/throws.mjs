/** websockets.mjs with a slow answer at `/slow`, and a request that is an accident at `/throws`. */
import { setTimeout as sleep } from 'node:timers/promises';
import server from './websockets.mjs';

const SLOW_MS = 1_000;
/** Longer than any run: a connection that ends was ended by the server. */
server.keepAliveTimeout = 600_000;

function fail() {
  throw new Error('an accident');
}

const [answer] = server.listeners('request');
server.removeAllListeners('request');
server.on('request', async (request, response) => {
  if (request.url === '/slow') await sleep(SLOW_MS);
  // In a timer: PM2 lets the rejection of a promise pass.
  if (request.url === '/throws') return setTimeout(fail, 20);
  answer(request, response);
});

export default server;
