/**
 * An app that takes 300 ms to start and 5 ms to answer: a reload lasts long enough to be looked at, and
 * at every moment of it some request is in flight.
 */
import { setTimeout as sleep } from 'node:timers/promises';

await sleep(Number(process.env.START_MS ?? 300));

export default function app(request, response) {
  if (request.url === '/_status') response.end('ok\n');
  else setTimeout(() => response.end('hello\n'), 5);
}
