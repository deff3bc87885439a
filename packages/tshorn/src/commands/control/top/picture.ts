/**
 * What `tshorn top` shows: the last snapshot, brought up to date by the notices that came after it. Pure: it takes
 * snapshots, notices and keys, and each change is a new picture.
 */
import type { Snapshot, WorkerRow } from '@tshorn/master';
import type { StreamEvent } from '../client.ts';
import { doingOf, isGone } from '../doing.ts';
import { COLUMNS, type ColumnKey } from './columns.ts';
import { rowsOf, type TopRow } from './rows.ts';

export interface Told extends StreamEvent {
  /** Milliseconds since 1970. */
  readonly time: number;
}

export interface Picture {
  readonly snapshot: Snapshot;
  /** Requests per second of the last minute, the oldest first. */
  readonly rates: readonly number[];
  /** The oldest first. */
  readonly told: readonly Told[];
  /** When the reload under way was first seen, in milliseconds since 1970. */
  readonly reloadSince?: number | undefined;
  /** Why nothing new comes: the connection to the master is lost. */
  readonly lost?: string | undefined;
  readonly sort: ColumnKey;
  readonly isReversed: boolean;
  /** The slot whose worker is chosen. */
  readonly chosen?: number | undefined;
  readonly isHelp: boolean;
  /** What is shown while new figures wait. */
  readonly paused?: Pick<Picture, 'snapshot' | 'rates' | 'told'> | undefined;
}

const KEPT_RATES = 120;
const KEPT_TOLD = 200;

/** @param told what has happened before, the oldest first */
export const begin = (snapshot: Snapshot, told: readonly Told[] = []): Picture => ({
  snapshot,
  rates: [snapshot.totals.rps],
  told: told.slice(-KEPT_TOLD),
  sort: 'slot',
  isReversed: false,
  isHelp: false,
  ...(snapshot.reload && { reloadSince: snapshot.at }),
});

/** The picture as it is shown: as it was when it was paused. */
export const shown = (picture: Picture): Picture => ({ ...picture, ...picture.paused });

export const seen = (picture: Picture, snapshot: Snapshot): Picture => ({
  ...picture,
  snapshot,
  rates: [...picture.rates, snapshot.totals.rps].slice(-KEPT_RATES),
  reloadSince: snapshot.reload ? (picture.reloadSince ?? snapshot.at) : undefined,
  lost: undefined,
});

export function heard(picture: Picture, notice: Told): Picture {
  const told = [...picture.told, notice].slice(-KEPT_TOLD);
  const snapshot = updated(picture.snapshot, notice);
  const reloadSince = snapshot.reload ? (picture.reloadSince ?? notice.time) : undefined;
  return { ...picture, told, snapshot, reloadSince };
}

/** The snapshot, with what the notice says: the next one comes up to a second later. */
function updated(snapshot: Snapshot, notice: Told): Snapshot {
  const { event, generation, step, of, worker, gen, by } = notice;
  const { reload, ...rest } = snapshot;
  if (event === 'reload-finished') return rest;
  if (event === 'reload-started') {
    return { ...rest, reload: { generation: Number(generation), by: String(by), committed: false } };
  }
  const moved = reload && typeof step === 'number' && { reload: { ...reload, step, of: Number(of) } };
  const undone = reload &&
    event === 'rolling-back' && {
      reload: { ...reload, rollingBack: String(notice.reason) },
    };
  const next = { ...snapshot, ...(moved || undone || {}) };
  if (typeof worker !== 'number' || typeof gen !== 'number') return next;
  return { ...next, workers: workersAfter(snapshot.workers, notice, worker, gen) };
}

function workersAfter(
  workers: readonly WorkerRow[],
  { event, pid }: Told,
  slot: number,
  generation: number,
): WorkerRow[] {
  const isIt = (row: WorkerRow) => row.slot === slot && row.generation === generation;
  // A recycled worker has a replacement of the same generation.
  const known = workers.find((row) => isIt(row) && (row.pid === pid || row.pid === undefined));
  if (isGone(event)) return workers.filter((row) => row !== known);
  const state = doingOf(event) ?? known?.state ?? event;
  if (known)
    return workers.map((row) => (row === known ? { ...row, state, pid: row.pid ?? pidOf(pid) } : row));
  if (event !== 'spawned') return [...workers];
  const row = { slot, generation, pid: pidOf(pid), state, uptimeMs: 0, ...NO_FIGURES };
  return [...workers, row].sort((one, other) => one.slot - other.slot || one.generation - other.generation);
}

const NO_FIGURES = { requests: 0, rps: 0, errorsPerSecond: 0, connections: 0, active: 0, memory: 0 };

const pidOf = (pid: unknown): number | undefined => (typeof pid === 'number' ? pid : undefined);

/** The rows in their order. */
export function sorted(picture: Picture): TopRow[] {
  const { sort, isReversed, snapshot } = picture;
  const { valueOf: valueIn, isLargestFirst } = COLUMNS.find(({ key }) => key === sort) ?? COLUMNS[0];
  const sign = (isLargestFirst ? -1 : 1) * (isReversed ? -1 : 1);
  const compare = (one: TopRow, other: TopRow) => {
    const [a, b] = [valueIn(one), valueIn(other)];
    return a === b ? 0 : (a < b ? -1 : 1) * sign;
  };
  // Rows come by slot, and a sort that is stable leaves equal ones so.
  return rowsOf(snapshot).sort(compare);
}
