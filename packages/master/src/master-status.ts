/** What `status()` and `GET /status` tell of a master. */
import { formatAddress, type MasterState } from '@tshorn/core';
import type { State } from './decide/model.ts';
import type { Listener } from './listeners.ts';
import type { Traffic, TrafficStatus } from './traffic.ts';

export interface WorkerStatus {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number | undefined;
  readonly state: string;
  readonly uptimeMs: number;
  /** As it has told last: when the number has changed by more than a tenth. */
  readonly connections: number;
}

export interface MasterStatus {
  readonly pid: number;
  readonly state: MasterState;
  /** The generation of the last committed reload; the first start is 1. */
  readonly generation: number;
  readonly size: number;
  readonly listeners: string[];
  /** Real path of the committed generation's app. Absent before the first worker starts. */
  readonly app?: string;
  /** Absent before the first worker starts. */
  readonly traffic?: TrafficStatus;
  readonly workers: WorkerStatus[];
}

export function statusOf(
  state: State,
  listeners: readonly Listener[],
  app: string | undefined,
  traffic: Traffic | undefined,
): MasterStatus {
  const { phase, running, committed, size, workers } = state;
  const now = performance.now();
  return {
    pid: process.pid,
    state: phase === 'running' && running?.operation.kind === 'reload' ? 'reloading' : phase,
    generation: committed,
    size,
    listeners: listeners.map(({ address }) => formatAddress(address)),
    ...(app !== undefined && { app }),
    ...(traffic && { traffic: traffic.status() }),
    workers: Object.values(workers).map(({ serial, slot, generation, pid, state, bornAt }) => ({
      slot,
      generation,
      pid,
      state,
      uptimeMs: now - bornAt,
      connections: traffic?.connectionsOf(serial) ?? 0,
    })),
  };
}
