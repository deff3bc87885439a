/** The app of the Node peers: 300 ms to start, 5 ms to answer. What it says is 6 bytes. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any run: a connection that ends was ended by the reload. */
const KEEP_ALIVE_MS = 600_000;

await sleep(300);

const server = http.createServer((_request, response) => {
  setTimeout(() => response.end('hello\n'), 5);
});
server.keepAliveTimeout = KEEP_ALIVE_MS;

export default server;
