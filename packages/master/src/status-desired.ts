/** The number of workers that is wanted, as the status tells it. */

import type { WorkerRange } from '@tshorn/core';
import { formatWorkers } from '@tshorn/core';
import type { Desired } from './decide/desired.ts';
import type { LoadStatus } from './scaling/scaler.ts';

export interface DesiredStatus {
  readonly workers: number;
  /** `config`, `scaler`, a signal, a command. */
  readonly by: string;
  /** `2..8` or `2..auto`, where the number follows the load in it; absent: it stands. */
  readonly range?: string;
  /** Who has set the range. */
  readonly rangeBy?: string;
  /** For a range up to the number of CPUs: that number, as a quota has it; absent until the load has been looked at. */
  readonly cpus?: number;
  /** The range of the config, while somebody has pinned the number. */
  readonly pinned?: string;
  /** For the scaler: the figures of its last decision, and its time in ISO 8601. */
  readonly why?: string;
  readonly since?: string;
  /** Sum of the utilisations of the event loops, in workers; absent where the number does not follow it. */
  readonly load?: number;
  /** Why there are not as many workers as the load asks for. */
  readonly held?: string;
}

/**
 * @param configured the range of the config
 * @param clock what `desired.at` is on, and the time of now
 */
export function desiredStatus(
  { workers, by, range, rangeBy, why, at }: Desired,
  load: LoadStatus | undefined,
  configured: WorkerRange | undefined,
  clock: { readonly now: number; readonly date: number },
): DesiredStatus {
  return {
    workers,
    by,
    ...(range && { range: formatWorkers(range) }),
    ...(rangeBy !== undefined && { rangeBy }),
    ...(range?.auto && load?.cpus !== undefined && { cpus: Math.round(load.cpus * 10) / 10 }),
    ...(!range && configured && { pinned: formatWorkers(configured) }),
    ...(why !== undefined && { why }),
    ...(at !== undefined && { since: new Date(clock.date - (clock.now - at)).toISOString() }),
    ...(load && { load: Math.round(load.load * 100) / 100 }),
    ...(load?.held !== undefined && { held: load.held }),
  };
}
