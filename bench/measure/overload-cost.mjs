/** The cost of overload control for a request of a server that is not overloaded: CPU time, with it and without, in turns. */
import { start, tshorn } from './contenders.mjs';
import { sideBySide } from './side-by-side.mjs';
import { median, pairedRatio, spread } from './stats.mjs';

const SERVERS = {
  without: { name: 'without', ...tshorn() },
  again: { name: 'without, once more', ...tshorn() },
  with: { name: '--overload shed', ...tshorn('--overload', 'shed') },
};
const LOADS = /** @type {const} */ (['keepAlive', 'fresh']);
/** Few enough that the loop is on time: it is the cost of being ready. */
const LOAD = { connections: 8, seconds: 0.3 };

/** @param {{workers: number, starts: number, rounds: number}} options */
export async function overloadCost({ workers, starts, rounds }) {
  const options = { workers, starts, rounds, ...LOAD };
  const servers = Object.fromEntries(
    Object.entries(SERVERS).map(([key, contender]) => [key, () => start(contender, workers)]),
  );
  const samples = await sideBySide(servers, [...LOADS], options);
  const cpu = (load, key) => samples[load][key].map(({ cpuUs }) => cpuUs);
  return Object.entries(SERVERS).map(([key, { name }]) => ({
    name,
    ...Object.fromEntries(
      LOADS.map((load) => {
        const own = cpu(load, key);
        const ratio = pairedRatio(own, cpu(load, 'without'));
        return [load, { cpuUs: median(own), spread: spread(own), ratio }];
      }),
    ),
  }));
}
