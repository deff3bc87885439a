/** Connections that have moved to the workers that a reload has made, and as many of the same workers that have not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from './proc.mjs';

const DEADLINE_MS = 60_000;

/**
 * Leaves the groups `moved` and `stayed`.
 * @param {import('../load/load.mjs').Load} load @param {import('./contenders.mjs').Running} server
 * @param {{workers: number, connections: number}} options
 */
export async function movedAndNot(load, server, { workers, connections }) {
  const each = Math.ceil(connections / workers);
  // The master gives them to the new workers as these come, the first one of which has none beside it.
  await load.open('moved', server, { each: 2 * each, processes: workers });
  const old = childrenOf(server.pid);
  server.hangUp();
  for (const end = Date.now() + DEADLINE_MS; ; await sleep(100)) {
    const now = childrenOf(server.pid);
    if (now.length === workers && !now.some((pid) => old.includes(pid))) break;
    if (Date.now() > end) throw new Error('the reload that moves connections has not ended');
  }
  const moved = await load.even('moved', server, { each, processes: workers });
  if (moved === 0) throw new Error('one of the new workers has no moved connection');
  await load.open('stayed', server, { each: moved, processes: workers });
}
