/** The part of the master that a request on the control socket can reach. */
import type { ReloadPlan } from '@tshorn/core';
import type { Operation, StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { DryRun } from '../dry-run.ts';
import type { MasterStatus } from '../status.ts';

export interface Controlled {
  status(): MasterStatus;
  request(operation: Operation): void;
  abort(by: string): void;
  dryRun(kind?: ReloadPlan): Promise<DryRun>;
  stop(mode: StopMode, by: string): void;
  on(event: 'notice', listener: (notice: Notice) => void): unknown;
  off(event: 'notice', listener: (notice: Notice) => void): unknown;
}

/** How a reload ended, as `GET /status` lists it. */
export interface PastReload {
  readonly generation: number;
  readonly outcome: string;
  readonly reason?: string;
  /** Name of the requester. */
  readonly by: string;
  /** Time of the end, as ISO 8601. */
  readonly at: string;
  readonly replaced: number;
  readonly tookMs: number;
}

/** The control socket, as the server behind it sees it. */
export interface Answering {
  readonly master: Controlled;
  /** Absolute path of the socket. */
  readonly path: string;
  /** The last ten, the oldest first. */
  readonly reloads: readonly PastReload[];
  /** On the clock of performance.now(). */
  readonly openedAt: number;
}
