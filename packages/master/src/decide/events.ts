/**
 * The words between the pure core and its shell. An **event** is what happened, an **effect** is what has to be done. What
 * is reported to people is in notice.ts.
 */
import type { Culprit, DrainMode, DrainReport, EmptyQueue, ProbeReport } from '@tshorn/core';
import type { Scaled } from './desired.ts';
import type { MigrationCounts, Operation, Rescue, Settings, StopMode } from './model.ts';
import type { Room } from './surge.ts';

export type { Rescue };

export type TimerId =
  | `boot:${number}`
  | `drain:${number}`
  | `rescue:${number}`
  | `respawn:${number}`
  | 'start'
  | 'soak'
  | 'degraded'
  | 'recovered'
  | 'leaving';

export type Event =
  /** `release`: the name of the first one. `scaled`: what the scaler of the old master of a re-exec had found. */
  | { readonly type: 'start'; readonly release?: string; readonly scaled?: Scaled }
  | { readonly type: 'requested'; readonly operation: Operation }
  /** The config of that generation is read, and its app exists. */
  | {
      readonly type: 'prepared';
      readonly generation: number;
      readonly settings: Settings;
      /** Absent where the number of workers beyond N does not depend on it. */
      readonly room?: Room;
      /** The name of the release. */
      readonly release?: string;
      /** An older generation that has the very same release. */
      readonly sameAs?: number;
      /** For a rollback: the files of the release are those that serve. */
      readonly sameFiles?: boolean;
    }
  | { readonly type: 'refused'; readonly generation: number; readonly reason: string }
  /** Rolls back the reload under way. */
  | { readonly type: 'abort-requested'; readonly by: string }
  /** The server is to leave the balancer, or to come back. */
  | { readonly type: 'leave-requested' | 'stay-requested'; readonly by: string }
  /** The answer of the hook `onCommit`. */
  | { readonly type: 'approved'; readonly generation: number }
  | { readonly type: 'vetoed'; readonly generation: number; readonly reason: string }
  /** Result of the comparison of new and old workers. */
  | {
      readonly type: 'watched';
      readonly generation: number;
      readonly verdict: 'pass' | 'fail' | 'inconclusive';
      readonly pass: boolean;
      readonly reason: string;
    }
  | {
      readonly type: 'stop-requested';
      readonly mode: StopMode;
      readonly by: string;
      /** The new master is active, and takes connections. */
      readonly newMaster?: boolean;
    }
  | { readonly type: 'worker-spawned'; readonly serial: number; readonly pid: number }
  | { readonly type: 'worker-loaded'; readonly serial: number; readonly kind: string }
  | {
      readonly type: 'worker-load-failed';
      readonly serial: number;
      /** Code of the TshornError that the worker met. */
      readonly code?: string;
      readonly message: string;
      readonly detail?: string;
    }
  | {
      readonly type: 'worker-loading';
      readonly serial: number;
      readonly level: 'info' | 'warn';
      readonly text: string;
    }
  /** `attempt` 0: the probe has begun; else this attempt has failed, `tookMs` after that, and another one follows. */
  | {
      readonly type: 'worker-probing';
      readonly serial: number;
      readonly attempt: number;
      readonly reason: string;
      readonly tookMs: number;
    }
  | {
      readonly type: 'worker-probed';
      readonly serial: number;
      readonly report: ProbeReport;
      /** See WorkerRecord. */
      readonly bootCpu?: { readonly ranMs: number; readonly waitedMs: number };
    }
  | { readonly type: 'worker-accepting'; readonly serial: number }
  | { readonly type: 'worker-stopped-accepting'; readonly serial: number }
  | { readonly type: 'worker-moved-all'; readonly serial: number }
  | { readonly type: 'worker-drained'; readonly serial: number; readonly report: DrainReport }
  | {
      readonly type: 'worker-exited';
      readonly serial: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** Explanation, where the end was not ordered. */
      readonly words?: string;
      /** Where its own words are: its last line, or the file that has them. */
      readonly see?: string;
      /** Connections that were taken out of it while it hung, or that it gave away as it ended. */
      readonly rescued?: number;
      /** Requests that were in flight at its last report; absent where it has sent none. */
      readonly inFlight?: number;
    }
  /** Counts of migrated connections; sent for a worker of an uncommitted release only. */
  | { readonly type: 'worker-migrations'; readonly serial: number; readonly arrivals: MigrationCounts }
  /** The app has closed its server and has not listened again. */
  | { readonly type: 'worker-closed'; readonly serial: number }
  /** The worker misses heartbeats: its event loop is stuck. */
  | { readonly type: 'worker-hung'; readonly serial: number; readonly silentMs: number }
  /** Its heap is about to be full (`--heap-guard`), and V8 then ends it. */
  | { readonly type: 'worker-nearly-full'; readonly serial: number; readonly by: string }
  /** An exception that nobody caught; the worker waits for its last drain. */
  | {
      readonly type: 'worker-crashed';
      readonly serial: number;
      readonly reason: string;
      readonly culprit: Culprit;
    }
  /** The outcome of the effect `rescue`. */
  | { readonly type: 'worker-rescued'; readonly serial: number; readonly rescue: Rescue }
  /** An interrupted worker has settled the request that was stuck. */
  | { readonly type: 'worker-turns-again'; readonly serial: number; readonly culprit: Culprit }
  | { readonly type: 'expired'; readonly timer: TimerId };

export type KillReason = 'hung' | 'never-came-up' | 'never-left' | 'not-loaded';

export type Effect =
  | { readonly do: 'spawn'; readonly serial: number; readonly slot: number; readonly generation: number }
  | { readonly do: 'admit'; readonly serial: number; readonly watched?: true }
  | {
      readonly do: 'drain';
      readonly serial: number;
      readonly mode: DrainMode;
      readonly deadlineMs: number;
      /** True when another worker can take connections over. */
      readonly handoff: boolean;
      /** True when the worker is kept after it has drained. */
      readonly park: boolean;
      /** Present when all workers leave: nobody else accepts what waits in the kernel's queue. */
      readonly emptyQueue?: EmptyQueue;
      /** Present when the worker ends for this cause. */
      readonly failing?: 'crash' | 'hang';
    }
  /** Finds out why a worker hangs, takes its connections out and interrupts it; the answer is `worker-rescued`. */
  | { readonly do: 'rescue'; readonly serial: number }
  /** Compares new workers with the others from now on; the answer is the event `watched`. */
  | { readonly do: 'watch'; readonly generation: number; readonly serials: readonly number[] }
  | { readonly do: 'end-watch' }
  /** The number of workers follows the load from now on, or does so no more. */
  | { readonly do: 'follow-load'; readonly on: boolean }
  | { readonly do: 'approve'; readonly generation: number }
  /**
   * A worker with a reason has missed a deadline; its stack is read first, within two seconds. One that is `not-loaded` is
   * asked to exit, and has the same time for it.
   */
  | { readonly do: 'kill'; readonly serial: number; readonly reason?: KillReason }
  | { readonly do: 'set-timer'; readonly timer: TimerId; readonly ms: number }
  | { readonly do: 'clear-timer'; readonly timer: TimerId }
  /** `backTo`: the release of that generation is taken as it is, and nothing is read again. */
  | { readonly do: 'prepare'; readonly generation: number; readonly backTo?: number }
  /** The master follows the settings and hooks of the release that has just been committed. */
  | { readonly do: 'use-release'; readonly generation: number }
  /** The other releases are forgotten. */
  | { readonly do: 'keep-releases'; readonly generations: readonly number[] }
  /** Logs the counts of migrated connections before the verdict of the reload. */
  | { readonly do: 'report-migrations' }
  /** The server stops soon, and serves until then. */
  | { readonly do: 'announce-leaving' | 'announce-staying'; readonly serial: number }
  /** All other workers have stopped accepting. */
  | { readonly do: 'last-to-accept'; readonly serial: number }
  /** The master gives up its addresses; each is closed with the last worker that accepts on it. */
  | { readonly do: 'close-listeners' }
  | { readonly do: 'finish'; readonly exitCode: number };
