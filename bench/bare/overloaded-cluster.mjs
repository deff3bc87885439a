/** A baseline: node:cluster around the apps whose capacity is known. Argument: the number of workers. */
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  for (let count = 0; count < Number(process.argv[2]); count++) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else await import('../apps/overloaded.mjs');
