/** An app whose version is in another file; START_MS is the time that it waits for while it starts. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { version } from './version.mjs';

await sleep(Number(process.env.START_MS ?? 0));
http.createServer((_request, response) => response.end(version)).listen(process.env.PORT, '127.0.0.1');
