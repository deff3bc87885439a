/** The part of the master that a request on the control socket can reach. */
import type { ReloadPlan } from '@tshorn/core';
import type { Operation, StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { DryRun } from '../dry-run.ts';
import type { Observed } from '../observed.ts';
import type { Releases } from '../releases.ts';
import type { MasterStatus } from '../status.ts';

export interface Controlled {
  readonly observed: Observed;
  status(): MasterStatus;
  readonly releases: Pick<Releases, 'find' | 'list'>;
  request(operation: Operation): void;
  abort(by: string): void;
  dryRun(kind?: ReloadPlan): Promise<DryRun>;
  rotate(to: 'leave' | 'stay', by: string): void;
  stop(mode: StopMode, by: string): void;
  on(event: 'notice', listener: (notice: Notice) => void): unknown;
  off(event: 'notice', listener: (notice: Notice) => void): unknown;
}

/** The control socket, as the server behind it sees it. */
export interface Answering {
  readonly master: Controlled;
  /** Absolute path of the socket. */
  readonly path: string;
}
