/** An app whose start waits, as for a database: BENCH_WAIT_MS, and next to no CPU. */
import { setTimeout as sleep } from 'node:timers/promises';

await sleep(Number(process.env.BENCH_WAIT_MS ?? 0));

export default function app(_request, response) {
  response.end('hello\n');
}
