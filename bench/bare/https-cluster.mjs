/**
 * A baseline: the shortest node:cluster script that serves HTTPS. Arguments: the port, the number of workers, the file of
 * the certificate and its key. NODE_CLUSTER_SCHED_POLICY=rr|none chooses how connections reach them.
 */
import cluster from 'node:cluster';
import fs from 'node:fs';
import https from 'node:https';

const [port, workers] = process.argv.slice(2, 4).map(Number);
if (cluster.isPrimary) {
  for (let count = 0; count < workers; count++) cluster.fork();
  cluster.on('exit', () => cluster.fork());
  process.on('SIGTERM', () => process.exit());
} else {
  const pem = fs.readFileSync(process.argv[4]);
  const { default: app } = await import('../apps/hello.mjs');
  const server = https.createServer({ cert: pem, key: pem }, app);
  // Connections wait while other servers have their turns.
  server.keepAliveTimeout = 600_000;
  server.listen(port, '127.0.0.1');
}
