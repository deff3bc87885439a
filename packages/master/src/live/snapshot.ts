/**
 * One look at a server: its totals and a row for each worker, as `/events` and `tshorn top` show them. Pure. A snapshot is
 * made of the status, and of what the workers have counted within the last seconds (window.ts).
 */
import type { MasterState } from '@tshorn/core';
import type { MasterStatus, ReloadStatus, WorkerStatus } from '../status.ts';
import type { DesiredStatus } from '../status-desired.ts';
import type { BackoffStatus, DegradedStatus } from '../status-health.ts';
import type { PastReload } from './past-reloads.ts';
import { type Counted, NOTHING, percentile, plus, type Recent } from './window.ts';

/** Where a figure is unknown, it is absent. */
export interface Figures {
  /** Requests that have ended, since the start of the worker; in the totals, since the start of the master. */
  readonly requests: number;
  /** Requests that ended each second, by the last two reports. */
  readonly rps: number;
  /** Those of them that were answered with 5xx. */
  readonly errorsPerSecond: number;
  /** Half of the requests of the last ten seconds took no longer than this many milliseconds. */
  readonly p50?: number;
  readonly p99?: number;
  /** Their mean duration in milliseconds. */
  readonly mean?: number;
  /** Utilisation of the event loop, from 0 to 1; in the totals, that of the busiest worker. */
  readonly elu?: number;
  readonly connections: number;
  /** Requests in flight. */
  readonly active: number;
  /** Bytes. */
  readonly memory: number;
  /** CPU seconds per second. */
  readonly cpu?: number;
}

export interface WorkerRow extends Figures {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number | undefined;
  readonly state: string;
  readonly uptimeMs: number;
  /** Milliseconds since its last heartbeat, where that is overdue: its figures are as old. */
  readonly silentMs?: number;
  /** By how many milliseconds its event loop was late at its last heartbeat. */
  readonly loopDelayMs?: number;
  /** Requests that it has shed, since its start. */
  readonly shed?: number;
  /** While it drains: the connections that it still has, by what keeps them. */
  readonly remaining?: Readonly<Record<string, number>>;
}

export interface Totals extends Figures {
  /** Connections that wait in the kernel until a worker accepts them. */
  readonly queue?: number;
  /** Connections that the kernel has refused because such a queue was full, since somebody looked first. */
  readonly overflows?: number;
}

export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly master: {
    /** Name of the machine. */
    readonly host: string;
    readonly pid: number;
    readonly uptimeMs: number;
    /** Bytes. */
    readonly memory: number;
    readonly app?: string;
    readonly listeners: readonly string[];
  };
  readonly state: MasterState;
  readonly generation: number;
  /** Number of slots. */
  readonly size: number;
  /** The number of workers that is wanted, who wants it, and why. */
  readonly desired: DesiredStatus;
  readonly release?: string;
  /** The reload under way. */
  readonly reload?: ReloadStatus;
  /** How the last reload ended. */
  readonly lastReload?: PastReload;
  /** Pid of the new master that a re-exec has started. */
  readonly newMaster?: number;
  readonly degraded?: DegradedStatus;
  /** Slots without a worker. */
  readonly backoff?: readonly BackoffStatus[];
  readonly totals: Totals;
  /** By slot, and by generation where a slot has two. */
  readonly workers: readonly WorkerRow[];
}

/** Figures of one worker that its status does not have. */
export interface Watched {
  readonly recent: Recent;
  readonly active: number;
  readonly elu?: number | undefined;
  readonly cpu?: number | undefined;
}

export interface Sources {
  readonly status: MasterStatus;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly host: string;
  readonly uptimeMs: number;
  readonly lastReload: PastReload | undefined;
  /** Requests since the start of the master, those of workers that have left included. */
  readonly requests: number;
  readonly queue?: { readonly queue?: number; readonly overflows?: number } | undefined;
  watchedOf(worker: WorkerStatus): Watched | undefined;
}

export function snapshotOf({
  status,
  at,
  host,
  uptimeMs,
  lastReload,
  requests,
  queue,
  watchedOf,
}: Sources): Snapshot {
  const { pid, memory, app, listeners, state, generation, release, size, desired, reload } = status;
  const { newMaster, degraded, backoff } = status;
  const watched = status.workers.map((worker) => ({ worker, watched: watchedOf(worker) }));
  const workers = watched
    .map(({ worker, watched }) => rowOf(worker, watched))
    .sort((one, other) => one.slot - other.slot || one.generation - other.generation);
  const recent = watched.reduce((sum, { watched }) => plus(sum, watched?.recent.window ?? NOTHING), NOTHING);
  const sum = (of: (row: WorkerRow) => number | undefined) =>
    workers.reduce((total, row) => total + (of(row) ?? 0), 0);
  const elus = workers.flatMap(({ elu }) => elu ?? []);
  const cpus = workers.flatMap(({ cpu }) => cpu ?? []);
  return {
    at,
    master: {
      host,
      pid,
      uptimeMs: Math.round(uptimeMs),
      memory,
      ...(app !== undefined && { app }),
      listeners,
    },
    state,
    generation,
    size,
    desired,
    ...(release !== undefined && { release }),
    ...(reload && { reload }),
    ...(lastReload && { lastReload }),
    ...(newMaster !== undefined && { newMaster }),
    ...(degraded && { degraded }),
    ...(backoff && { backoff }),
    totals: {
      requests,
      rps: rounded(sum(({ rps }) => rps)),
      errorsPerSecond: rounded(sum(({ errorsPerSecond }) => errorsPerSecond)),
      ...durationsOf(recent),
      ...(elus.length > 0 && { elu: Math.max(...elus) }),
      connections: sum(({ connections }) => connections),
      active: sum(({ active }) => active),
      memory: sum(({ memory }) => memory),
      ...(cpus.length > 0 && { cpu: rounded(cpus.reduce((total, cpu) => total + cpu)) }),
      ...queue,
    },
    workers,
  };
}

function rowOf(worker: WorkerStatus, watched: Watched | undefined): WorkerRow {
  const { slot, generation, pid, state, uptimeMs, connections, memory = 0 } = worker;
  const { loopDelayMs, remaining, shed } = worker;
  const { recent, active = 0, elu, cpu } = watched ?? {};
  const { counted, silentMs, rps = 0, errorsPerSecond = 0, window = NOTHING } = recent ?? {};
  return {
    slot,
    generation,
    pid,
    state,
    uptimeMs: Math.round(uptimeMs),
    requests: counted?.requests ?? 0,
    rps: rounded(rps),
    errorsPerSecond: rounded(errorsPerSecond),
    ...durationsOf(window),
    ...(elu !== undefined && { elu: rounded(elu) }),
    connections,
    active,
    memory,
    ...(cpu !== undefined && { cpu: rounded(cpu) }),
    ...(silentMs !== undefined && { silentMs: Math.round(silentMs) }),
    ...(loopDelayMs !== undefined && { loopDelayMs }),
    ...(shed !== undefined && { shed }),
    ...(remaining && { remaining }),
  };
}

function durationsOf(window: Counted): Pick<Figures, 'p50' | 'p99' | 'mean'> {
  const p50 = percentile(window.counts, 0.5);
  const p99 = percentile(window.counts, 0.99);
  if (p50 === undefined || p99 === undefined) return {};
  return { p50: rounded(p50), p99: rounded(p99), mean: rounded(window.sumMs / window.requests) };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
