/** The answer of `GET /status`, on the control socket and on the admin listener. */
import type { PastReload } from '../live/past-reloads.ts';
import type { MasterStatus } from '../status.ts';
import { VERSION } from '../version.ts';
import type { Controlled } from './controlled.ts';

export interface StatusReply extends MasterStatus {
  readonly version: string;
  readonly node: string;
  readonly uptimeMs: number;
  /** Path of the control socket. */
  readonly control: string | undefined;
  readonly reloads: readonly PastReload[];
}

export function statusReply(
  master: Pick<Controlled, 'status' | 'observed'>,
  control: string | undefined,
): StatusReply {
  const status = master.status();
  return {
    version: VERSION,
    node: process.version,
    uptimeMs: Math.round(performance.now() - master.observed.begunAt),
    control,
    ...status,
    workers: status.workers.map((worker) => ({ ...worker, uptimeMs: Math.round(worker.uptimeMs) })),
    reloads: master.observed.reloads.all,
  };
}
