/** How far the load may take the number of workers on this machine, and what says so. Pure. */
import { formatMemory, type GroupMemory, type WorkerRange } from '@tshorn/core';
import { boundsOf } from './load-bounds.ts';

export interface Machine {
  /** CPUs that the workers may use, as a quota has them: 2.5. */
  readonly cpus: number;
  /** CPUs that the machine has. */
  readonly machineCpus: number;
  /** The control group, where one limits the memory. */
  readonly group: GroupMemory | undefined;
  /** Bytes that the machine has left. */
  readonly freeMemory: number;
}

/** One line for the log, at the start and when somebody sets a range. */
export function rangeText(range: WorkerRange, { cpus, machineCpus, group, freeMemory }: Machine): string {
  const { max } = boundsOf({ at: 0, range, coming: 0, cpuUsed: 0, cpus, room: undefined });
  const usable = Math.round(cpus * 10) / 10;
  const reasons = [
    range.auto && `auto is ${max}`,
    usable < machineCpus
      ? `${usable} of ${machineCpus} CPUs are usable (quota or affinity)`
      : `CPUs: ${machineCpus}`,
    group
      ? `memory: ${formatMemory(Math.max(0, group.limit - group.used))} of the ${formatMemory(group.limit)} of the control group are free`
      : `memory: ${formatMemory(freeMemory)} are free`,
  ];
  const ends = range.min < max ? `from ${range.min} to ${max}` : `and is always ${max}`;
  return `the number of workers follows the load, ${ends} (${reasons.filter(Boolean).join('; ')})`;
}
