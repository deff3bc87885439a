/** A **notice** reports what happened. The log, the hooks, the control clients and the library's listeners all get the same one. */
import type { Culprit, DrainReport, OpenRequest, ReloadPlan, WorkerIdentity } from '@tshorn/core';
import type { LoadReason } from './load-rules.ts';
import type { FailedCleanUps } from './model.ts';

/** The operation that a notice belongs to. */
export interface OperationInfo {
  readonly kind: 'reload' | 'recycle' | 'scale';
  /** The name of the requester: a signal, a command, a limit. */
  readonly by: string;
  /** Ids of the requests that this operation serves: two reloads that wait become one. Empty when nobody waits for it. */
  readonly ids: readonly number[];
}

/** The place of a notice within an operation: `step 3/12`. */
export interface Position {
  readonly step: number;
  readonly of: number;
}

/**
 * `committed`: every worker is of the new release. `rolled-back`: every worker is of the old one again.
 * `refused`: the reload never began. `aborted`: the server stops, or the reload was aborted before it had replaced a
 * worker. `failed`: the rollback failed as well.
 */
export type Outcome = 'committed' | 'rolled-back' | 'failed' | 'refused' | 'aborted';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export type WorkerEvent =
  | 'spawned'
  | 'recycling'
  | 'booted'
  | 'loading'
  | 'probing'
  | 'ready'
  | 'draining'
  | 'drained'
  | 'parked'
  | 'exited'
  | 'crashed'
  | 'broken'
  | 'rescuing'
  | 'contained'
  | 'killed'
  | 'closed-server'
  | 'nearly-full';

/** The price of a crash or a hang of a worker, and the savings. */
export interface Containment {
  readonly cause: 'crash' | 'hang';
  /** Connections that were taken out of the worker while it hung, or as it ended. */
  readonly rescued: number;
  /** Connections that moved while it drained; absent where it ended before it could tell. */
  readonly moved?: number;
  /** Requests that were answered after the failure; absent where that is unknown. */
  readonly finished?: number;
  /** Requests that failed, the culprit among them; absent where that is unknown. */
  readonly lost?: number;
  /** Where that is unknown: those that were in flight at the last report. */
  readonly inFlight?: number;
  /** For a hang: the code that was stuck has been ended. */
  readonly interrupted?: boolean;
  /** For a hang that was not interrupted, and for a worker that did not drain: why. */
  readonly why?: string;
  /** Method and path of the request that caused it. */
  readonly request?: string;
  /** Outcome of that request; see core/src/culprit.ts. */
  readonly cost?: Culprit['cost'];
  readonly killed?: true;
  readonly tookMs: number;
}

export type Notice =
  | {
      readonly event: WorkerEvent;
      readonly level: Level;
      readonly worker: WorkerIdentity;
      readonly text?: string;
      readonly detail?: string;
      readonly position?: Position;
      /** For `ready`: the status line of the probe. */
      readonly status?: string;
      readonly report?: DrainReport;
      /** For `contained`. */
      readonly containment?: Containment;
      /** For the end of a worker that told nothing about its requests: those in flight at its last report. */
      readonly inFlight?: number;
      /** For `crashed` and `contained`: the request that caused it. */
      readonly culprit?: Pick<OpenRequest, 'method' | 'path' | 'id'>;
      /** The last lines on the worker's standard error, when the worker has failed. */
      readonly lastLines?: readonly string[];
    }
  | {
      readonly event: 'started';
      readonly level: Level;
      readonly size: number;
      readonly tookMs?: number;
      /** The name of the release. */
      readonly release?: string;
    }
  | {
      readonly event: 'reload-started';
      readonly level: Level;
      readonly generation: number;
      readonly operation: OperationInfo;
      /** Present when the request names a plan that replaces the one of the config. */
      readonly plan?: ReloadPlan;
      /** The generation whose release is to be served again. */
      readonly backTo?: number;
      /** The name of the release, where it is known before the config is read. */
      readonly release?: string;
      /** Watch mode: what has changed. */
      readonly because?: string;
    }
  | {
      readonly event: 'reload-finished';
      readonly level: Level;
      readonly generation: number;
      readonly operation: OperationInfo;
      readonly outcome: Outcome;
      /** The generation whose release was to be served again. */
      readonly backTo?: number;
      /** The name of the release; absent where it has none, or has never been found out. */
      readonly release?: string;
      readonly plan: ReloadPlan;
      /** The generation that is committed now; absent while nothing has served yet. */
      readonly serving?: number;
      readonly replaced: number;
      readonly tookMs: number;
      readonly reason?: string;
      /** The workers whose app failed to clean up after itself. */
      readonly cleanUps?: FailedCleanUps;
      /** The last lines on standard error of the worker that made the reload fail, with the error that it met. */
      readonly lastLines?: readonly string[];
    }
  /** A rollback brings the code that serves, with other settings. */
  | {
      readonly event: 'same-files';
      readonly level: Level;
      readonly generation: number;
      readonly text: string;
    }
  | {
      readonly event: 'canary';
      readonly level: Level;
      readonly generation: number;
      readonly verdict: 'pass' | 'fail' | 'inconclusive';
      readonly pass: boolean;
      readonly text: string;
    }
  | {
      readonly event: 'rolling-back';
      readonly level: Level;
      readonly generation: number;
      readonly reason: string;
    }
  | {
      readonly event: 'degraded';
      readonly level: Level;
      readonly ready: number;
      readonly size: number;
      readonly reason: string;
    }
  | {
      readonly event: 'recovered';
      readonly level: Level;
      readonly ready: number;
      readonly size: number;
      readonly tookMs: number;
    }
  /** Replaces the single failures, when there are many. */
  | {
      readonly event: 'crash-loop';
      readonly level: Level;
      /** Number of workers that keep failing. */
      readonly workers: number;
      readonly failures: number;
      readonly tookMs: number;
      /** Milliseconds until the last of the attempts that are pending now. */
      readonly nextMs: number;
      /** Reason of the last failure. */
      readonly reason: string;
    }
  | {
      readonly event: 'resized';
      readonly level: Level;
      readonly size: number;
      readonly from: number;
      /** The number of workers that the operation ends with: a scale by three reports three of these. */
      readonly target: number;
      readonly operation: OperationInfo;
    }
  /** The scaler has decided: the load asks for `to` workers. */
  | {
      readonly event: 'scaling';
      readonly level: Level;
      readonly from: number;
      readonly to: number;
      readonly reason: LoadReason;
      readonly text: string;
    }
  /** A new master has been started; it is not active yet. */
  | { readonly event: 're-exec-started'; readonly level: Level; readonly text: string; readonly pid: number }
  /** From the old master. `committed`: the new one, `pid`, is active. `failed`: the old one stays active, or stops. */
  | {
      readonly event: 're-exec-finished';
      readonly level: Level;
      readonly outcome: 'committed' | 'failed';
      readonly text: string;
      /** Pid of the new master; absent when it could not be started. */
      readonly pid?: number;
      readonly reason?: string;
    }
  /** From the new master, when it has the PID file and the control socket. */
  | {
      readonly event: 'took-over';
      readonly level: Level;
      readonly text: string;
      /** Its pid. */
      readonly oldMaster: number;
    }
  /** The operation ended without its result, or was refused. A reload that had begun ends with `reload-finished`. */
  | {
      readonly event: 'operation-failed';
      readonly level: Level;
      readonly operation: OperationInfo;
      readonly text: string;
    }
  /** A reload has read certificates that cannot serve. */
  | {
      readonly event: 'certificates-refused';
      readonly level: Level;
      readonly reason: string;
      readonly text: string;
    }
  | { readonly event: 'noted'; readonly level: Level; readonly text: string }
  | { readonly event: 'leaving'; readonly level: Level; readonly text: string }
  /** The server has come back: it was leaving for `tookMs`. */
  | { readonly event: 'staying'; readonly level: Level; readonly by: string; readonly tookMs: number }
  | { readonly event: 'stopping'; readonly level: Level; readonly text: string }
  | {
      readonly event: 'stopped';
      readonly level: Level;
      readonly text: string;
      readonly cleanUps?: FailedCleanUps;
    };
