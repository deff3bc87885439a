/**
 * A baseline: a careful hand-written script. On SIGHUP it replaces its workers one at a time, the new one
 * listening before the old one leaves (peers/leave.mjs). Arguments: the port, the number of workers. BENCH_APP: the app.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';

const [port, count] = process.argv.slice(2).map(Number);

/** @param {import('node:cluster').Worker} old */
async function replace(old) {
  await once(cluster.fork(), 'listening');
  old.send('drain');
  await once(old, 'exit');
}

async function work() {
  const { default: server } = await import(String(process.env.BENCH_APP));
  const { leaving } = await import('../peers/leave.mjs');
  const leave = leaving(server);
  server.listen(port, '127.0.0.1');
  process.once('message', leave);
}

if (cluster.isPrimary) {
  for (let index = 0; index < count; index++) cluster.fork();
  cluster.on('exit', (_worker, code) => code && cluster.fork());
  process.on('SIGTERM', () => process.exit());
  process.on('SIGHUP', async () => {
    for (const old of Object.values(cluster.workers ?? {})) if (old) await replace(old);
  });
} else await work();
