/** A **notice** is what is told to people: log, hooks and the library's events all read the same one. */
import type { DrainReport, WorkerIdentity } from '@tshorn/core';
import type { HealthNotice } from './health-notice.ts';
import type { ReloadPlan } from './plan.ts';

/** Where in an operation a notice belongs: `step 3/12`. */
export interface Position {
  readonly step: number;
  readonly of: number;
}

/**
 * `committed`: every worker is of the new release. `rolled-back`: every worker is of the old one again.
 * `refused`: it was never begun. `aborted`: the server stops. `failed`: it could not even be rolled back.
 */
export type Outcome = 'committed' | 'rolled-back' | 'failed' | 'refused' | 'aborted';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export type WorkerEvent =
  | 'spawned'
  | 'recycling'
  | 'booted'
  | 'ready'
  | 'draining'
  | 'drained'
  | 'parked'
  | 'exited'
  | 'crashed'
  | 'broken'
  | 'killed';

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
      /** What it had written last on standard error, when it has failed. */
      readonly lastLines?: readonly string[];
    }
  | { readonly event: 'started'; readonly level: Level; readonly size: number; readonly tookMs?: number }
  | {
      readonly event: 'reload-started';
      readonly level: Level;
      readonly generation: number;
      readonly text: string;
      /** Where another one than that of the config was asked for. */
      readonly plan?: ReloadPlan;
    }
  | {
      readonly event: 'reload-finished';
      readonly level: Level;
      readonly generation: number;
      readonly outcome: Outcome;
      /** The generation that is committed now. */
      readonly serving: number;
      readonly replaced: number;
      readonly tookMs: number;
      readonly reason?: string;
      /** What the worker that failed it had written last on standard error, with the error that it met. */
      readonly lastLines?: readonly string[];
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
  | HealthNotice
  | { readonly event: 'resized'; readonly level: Level; readonly size: number; readonly from: number }
  /** A new master has been started; it is not active yet. */
  | { readonly event: 're-exec-started'; readonly level: Level; readonly text: string; readonly pid: number }
  /** Told by the old master. `committed`: the new one, `pid`, is active. */
  | {
      readonly event: 're-exec-finished';
      readonly level: Level;
      readonly outcome: 'committed' | 'failed';
      readonly text: string;
      /** Of the new master; absent when it could not be started. */
      readonly pid?: number;
      readonly reason?: string;
    }
  /** Told by the new master, when PID file and control socket are its own. */
  | {
      readonly event: 'in-charge';
      readonly level: Level;
      readonly text: string;
      readonly predecessor: number;
    }
  | { readonly event: 'operation-failed'; readonly level: Level; readonly text: string }
  | { readonly event: 'noted'; readonly level: Level; readonly text: string }
  | { readonly event: 'leaving'; readonly level: Level; readonly text: string }
  | { readonly event: 'stopping'; readonly level: Level; readonly text: string }
  | { readonly event: 'stopped'; readonly level: Level; readonly text: string };
