/** Reports the connections that reloads moved, the rate, and the effect on a light load. */
import { sum } from './phases.mjs';
import { fixed, ms, table, whole } from './table.mjs';

const refusals = (drains) => {
  const all = {};
  for (const [reason, count] of drains.flatMap(Object.entries)) all[reason] = (all[reason] ?? 0) + count;
  return (
    Object.entries(all)
      .map(([reason, count]) => `${reason}:${count}`)
      .join(' ') || '-'
  );
};

/** @param {{reloads: any[]}} run @param {Record<string, any>} latency of phases.mjs @param {string} title */
export function reportMoves({ reloads }, latency, title) {
  const rows = reloads.map(({ moves, refused, from, to }, at) => {
    const moved = sum(moves.map(({ connections }) => connections));
    const took = sum(moves.map((move) => move.to - move.from));
    return [at + 1, whole(moved), refusals(refused), ms(took), whole((moved * 1000) / took), ms(to - from)];
  });
  console.log(table(['reload', 'moved', 'refused', 'moving took', 'moved/s', 'reload took'], rows, title));
  const phases = Object.entries(latency).map(([phase, { requests, p50, p99, max }]) => {
    const cells = [p50, p99, max].map((value) => ms(value));
    return [phase, whole(requests), ...cells, fixed(p99 / latency.before.p99, 2)];
  });
  const head = ['light load', 'echoes', 'p50', 'p99', 'slowest', 'p99 ×'];
  console.log(table(head, phases, 'Latency from the planned moment'));
}
