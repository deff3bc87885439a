/** The number of workers that is wanted, who wants it, and why. Pure. The rules that follow the load are rules.ts. */
import { formatWorkers, type WorkerCount, type WorkerRange } from '@tshorn/core';

/** The requester of the changes of size that follow the load. */
export const SCALER = 'scaler';

/** The part of the settings that names the workers. */
interface Asked {
  readonly workers: number;
  readonly range?: WorkerRange;
}

export interface Desired {
  readonly workers: number;
  /** `config`, `scaler`, or the name of the requester. */
  readonly by: string;
  /** In which the number follows the load; absent: it stands until somebody asks for another one. */
  readonly range?: WorkerRange;
  /** Who has set the range. */
  readonly rangeBy?: string;
  /** For the scaler: the figures of its last decision. */
  readonly why?: string;
  /** When that was, in monotonic milliseconds. */
  readonly at?: number;
  /** How often the scaler's time before a shrink has doubled (`--scale-down-after`). */
  readonly patience?: number;
  /** Changes of size in a row that the scaler has asked for, and whose new workers could not come into service. */
  readonly failures?: number;
}

/** The state of the scaler, as the old master of a re-exec tells it. */
export interface Scaled {
  readonly workers: number;
  readonly patience: number;
}

export const within = ({ min, max }: WorkerRange, workers: number): number =>
  Math.min(max, Math.max(min, workers));

export const countOf = ({ workers, range }: Asked): WorkerCount => range ?? workers;

/** A range up to the number of CPUs is the same one when that number has changed. */
export const isSameCount = (one: WorkerCount, other: WorkerCount): boolean =>
  formatWorkers(one) === formatWorkers(other);

/** @param by who sets the range */
export const inRange = (workers: number, by: string, range: WorkerRange): Desired => ({
  workers,
  by,
  range,
  rangeBy: by,
});

export const firstDesired = ({ workers, range }: Asked): Desired =>
  range ? inRange(workers, 'config', range) : { workers, by: 'config' };

/** The new master of a re-exec begins with the size that the load needs. */
export function carriedOn(desired: Desired, { workers, patience }: Scaled, at: number): Desired {
  const { range } = desired;
  if (!range) return desired;
  const why = 'the old master had as many';
  return { ...desired, workers: within(range, workers), by: SCALER, why, at, patience };
}

/** For the new master of a re-exec; undefined where the number does not follow the load. */
export const scaledOf = ({ workers, range, patience = 0 }: Desired): Scaled | undefined =>
  range && { workers, patience };

/** Undefined for what no master has written. */
export function readScaled(value: unknown): Scaled | undefined {
  const { workers, patience } = (value ?? {}) as Partial<Record<keyof Scaled, unknown>>;
  if (!Number.isSafeInteger(workers) || !Number.isSafeInteger(patience)) return undefined;
  return { workers: workers as number, patience: patience as number };
}
