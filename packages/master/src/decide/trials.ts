/** The workers that the operation under way has started: it judges them, and not their slots. */
import type { State, WorkerRecord } from './model.ts';

export const isTrial = ({ running }: State, worker: WorkerRecord): boolean =>
  running !== undefined && !running.committed && running.trials[worker.slot] === worker.serial;
