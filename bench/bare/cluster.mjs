/**
 * A baseline: the shortest node:cluster script that forks a new worker when one dies.
 * Arguments: the port, the number of workers. NODE_CLUSTER_SCHED_POLICY=rr|none chooses how
 * connections reach them.
 */
import cluster from 'node:cluster';
import http from 'node:http';

const [port, workers] = process.argv.slice(2).map(Number);
if (cluster.isPrimary) {
  for (let count = 0; count < workers; count++) cluster.fork();
  cluster.on('exit', () => cluster.fork());
  process.on('SIGTERM', () => process.exit());
} else {
  const { default: app } = await import('../apps/hello.mjs');
  const server = http.createServer(app);
  // Connections wait while other servers have their turns.
  server.keepAliveTimeout = 600_000;
  server.listen(port, '127.0.0.1');
}
