/** The warning about a range of `--workers` in which the number cannot move. */
import { formatWorkers, MOST_WORKERS, type WorkerCount } from '@tshorn/core';
import { usableCpus } from './cpus.ts';

/**
 * Returns a line for a range such as `3..3`, or `auto` on a small machine: nothing else says that the load changes nothing.
 * @param input as it was given: `workers` of a range that ends where it begins is a number
 */
export function fixedRange(workers: WorkerCount, input: unknown, cpus = usableCpus()): string[] {
  const [given, number] =
    typeof workers === 'number' ? [String(input).trim(), workers] : [formatWorkers(workers), workers.min];
  if (!/^auto$|\.\./.test(given) || (typeof workers !== 'number' && workers.min < workers.max)) return [];
  const here = given.endsWith('auto') ? ` with ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}` : '';
  const wider =
    number * 2 > MOST_WORKERS ? `${Math.floor(number / 2)}..${number}` : `${number}..${number * 2}`;
  return [`--workers ${given}${here} is ${number} whatever the load is; a range that moves here: ${wider}`];
}
