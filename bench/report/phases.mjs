/** Latencies of a light load, split by what the server did meanwhile. */
import { quantile } from '../measure/stats.mjs';

const overlaps = ({ at, ms }, spans) => spans.some(({ from, to }) => at >= from && at - ms <= to);

/**
 * p50, p99 and the slowest: before the first reload, while connections moved, and in the rest of the reloads.
 * @param {{at: number, ms: number}[]} samples `at`: when the answer came @param {number} from
 * @param {{from: number, to: number, moves: {from: number, to: number}[]}[]} reloads
 */
export function phasesOf(samples, from, reloads) {
  const moves = reloads.flatMap((reload) => reload.moves);
  const all = samples.filter(({ at }) => at >= from);
  const phases = {
    before: all.filter(({ at }) => at < reloads[0].from),
    'reload, moving': all.filter((sample) => overlaps(sample, moves)),
    'reload, starting workers': all.filter((sample) => overlaps(sample, reloads) && !overlaps(sample, moves)),
  };
  return Object.fromEntries(
    Object.entries(phases).map(([phase, samples]) => {
      const took = samples.map(({ ms }) => ms);
      const [p50, p99, max] = [0.5, 0.99, 1].map((q) => quantile(took, q));
      return [phase, { requests: took.length, p50, p99, max }];
    }),
  );
}

export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
