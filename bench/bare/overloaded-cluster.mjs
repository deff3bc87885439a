/** A baseline: node:cluster around the apps whose capacity is known. Arguments: the port, the number of workers. */
import cluster from 'node:cluster';

const [port, workers] = process.argv.slice(2);
if (cluster.isPrimary) {
  for (let count = 0; count < Number(workers); count++) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else {
  process.env.PORT = port;
  await import('../apps/overloaded.mjs');
}
