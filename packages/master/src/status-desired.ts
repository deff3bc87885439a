/** The number of workers that is wanted, as the status tells it. */
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
  /** For the scaler: the figures of its last decision, and its time in ISO 8601. */
  readonly why?: string;
  readonly since?: string;
  /** Sum of the utilisations of the event loops, in workers; absent where the number does not follow it. */
  readonly load?: number;
  /** Why there are not as many workers as the load asks for. */
  readonly held?: string;
}

/** @param clock what `desired.at` is on, and the time of now */
export function desiredStatus(
  { workers, by, range, rangeBy, why, at }: Desired,
  load: LoadStatus | undefined,
  clock: { readonly now: number; readonly date: number },
): DesiredStatus {
  return {
    workers,
    by,
    ...(range && { range: formatWorkers(range) }),
    ...(rangeBy !== undefined && { rangeBy }),
    ...(why !== undefined && { why }),
    ...(at !== undefined && { since: new Date(clock.date - (clock.now - at)).toISOString() }),
    ...(load && { load: Math.round(load.load * 100) / 100 }),
    ...(load?.held !== undefined && { held: load.held }),
  };
}
