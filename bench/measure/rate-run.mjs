/** A turn of full load on one server: its rate, and the CPU time of each request. */
import { cpuOf } from './proc.mjs';

/**
 * @param {{name: string, pids: readonly number[]}} server all of its processes that have no parent among them
 * @param {() => Promise<import('../load/load.mjs').Tally>} load
 */
export async function rateOf({ name, pids }, load) {
  const cpu = () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = cpu();
  const { answered, failed, resumed, seconds } = await load();
  if (answered === 0) throw new Error(`${name} has not answered one request of ${failed}`);
  return {
    rate: answered / seconds,
    cpuUs: (cpu() - before) / 1000 / answered,
    failed,
    resumed: resumed / answered,
  };
}
