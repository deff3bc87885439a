/** The rows of the table: a worker each, and a slot whose last attempts to start one have failed. Pure. */
import type { Snapshot, WorkerRow } from '@tshorn/master';

export interface TopRow extends WorkerRow {
  /** Of a slot without a worker. */
  readonly waits?: string;
}

export function rowsOf({ workers, backoff = [] }: Snapshot): TopRow[] {
  const waiting = backoff.map(
    ({ slot, nextMs, failures, reason }): TopRow => ({
      slot,
      generation: Number.POSITIVE_INFINITY,
      pid: undefined,
      state: 'back-off',
      uptimeMs: 0,
      requests: 0,
      rps: 0,
      errorsPerSecond: 0,
      connections: 0,
      active: 0,
      memory: 0,
      waits: [
        nextMs === undefined ? 'waits for the next save' : `next attempt in ${Math.ceil(nextMs / 1_000)}s`,
        `${failures} failure${failures === 1 ? '' : 's'}`,
        reason ?? '',
      ]
        .filter(Boolean)
        .join(', '),
    }),
  );
  return [...workers, ...waiting].sort(
    (one, other) => one.slot - other.slot || one.generation - other.generation,
  );
}

/** The state as the table shows it: a worker that says nothing may be stuck, before its time to answer has passed. */
export const stateOf = ({ state, silentMs }: TopRow): string =>
  state === 'ready' && silentMs !== undefined ? 'silent' : state;

/** The slots, each once. */
export const slotsOf = (rows: readonly TopRow[]): number[] => [...new Set(rows.map(({ slot }) => slot))];
