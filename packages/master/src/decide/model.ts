/** The state of the pure core: the workers, the slots, and the operation under way. events.ts has what changes it. */
import type {
  Culprit,
  DrainMode,
  DrainReport,
  EmptyQueue,
  ExitKind,
  MasterState,
  ReloadPlan,
  WorkerCount,
  WorkerRange,
  WorkerState,
} from '@tshorn/core';
import type { Desired } from './desired.ts';
import type { LoadReason, ScalingSettings } from './load-rules.ts';
import type { Plan, ReloadShape } from './plan.ts';

/** Used in place of a worker's serial where connections move to or from another master. */
export const OLD_MASTER = -1;
export const NEW_MASTER = 0;

export interface WorkerRecord {
  /** Sequence number of this process within the master; never reused, while a slot and a generation recur. */
  readonly serial: number;
  readonly slot: number;
  readonly generation: number;
  pid?: number;
  state: WorkerState;
  readonly bornAt: number;
  /** Milliseconds from the start until the probe had passed. */
  bootMs?: number;
  /** Milliseconds of these in which its main thread ran, and waited for a CPU; absent where the system does not tell. */
  bootCpu?: { readonly ranMs: number; readonly waitedMs: number };
  readyAt?: number;
  /** The worker is kept when it has drained. */
  park?: true;
  /** Present in a stop until the worker has stopped accepting, and with the last one until it knows that it is alone. */
  emptyQueue?: EmptyQueue;
  /** Nothing is left of its drain but connections that cannot move, or that no worker can take yet. */
  movedAll?: true;
  /** The worker has no connections any more: what follows is the app's own clean-up. */
  drained?: true;
  arrivals?: MigrationCounts;
  /** The state of its app while that takes long to load, as a sentence. */
  loading?: string;
  /** The state of its probe before the verdict, as a sentence. */
  probing?: string;
  /** A failed attempt of its probe has been told before the verdict. */
  toldProbing?: true;
  /** The app has closed its server: the worker accepts nothing any more. */
  closed?: true;
  /** One more attempt of a crash loop that has been reported in full already. */
  repeat?: true;
  /** A load that has risen has brought it. */
  grown?: true;
  /** It was told that the server leaves. */
  toldLeaving?: true;
  /** When the connections that it still drains are force-closed. */
  drainsUntil?: number;
  failure?: Failure;
  /** It could not come into service, and is ended for that. */
  broken?: true;
}

/** The crash or the hang that ends a worker, and what is known of its price. */
export interface Failure {
  /** The first one, where the worker has met both. */
  readonly cause: 'crash' | 'hang';
  readonly at: number;
  culprit?: Culprit;
  /** Outcome of the attempt to save what it had while it hung. */
  rescue?: Rescue;
  report?: DrainReport;
}

/** The attempt to save what a worker that hangs has. */
export interface Rescue {
  /**
   * `interrupted`: the code that was stuck has been ended, and the event loop turns. `turning`: it turns by itself.
   * `stuck`: neither; the worker has to be killed.
   */
  readonly outcome: 'interrupted' | 'turning' | 'stuck';
  /** Connections that were taken out of it. */
  readonly rescued: number;
  /** Requests that were not answered yet, and connections at rest that could not be taken out, where that is known. */
  readonly left?: number;
  /** For `stuck`: why it could not be interrupted. */
  readonly why?: string;
}

/** Sums over the failures that were contained, since the start of the master. */
export interface ContainmentCounts {
  crashes: number;
  hangs: number;
  /** Hangs that ended when the code that was stuck was interrupted. */
  interrupted: number;
  /** Connections that were taken out of a worker that hung, or that ended at once. */
  rescued: number;
  /** Requests that were answered in spite of the failure. */
  finished: number;
  /** Requests that failed, as far as that is known; the culprits are among them. */
  lost: number;
  /** Failures of which nobody knows how many requests they have cost. */
  lostUnknown: number;
  /** Requests that were in flight at the last report of those workers. */
  inFlight: number;
}

/** The clean-ups that failed, and why the first of them did. */
export interface FailedCleanUps {
  readonly failed: number;
  readonly reason: string;
}

/** Counts of the connections that have migrated to a worker. */
export interface MigrationCounts {
  readonly taken: number;
  /** Connections that its app did not resume. */
  readonly resumeFailed: number;
  /** Reason of the last failure. */
  readonly last?: string;
  /** True while the worker has not settled all of them. */
  readonly waiting: boolean;
}

export interface SlotRecord {
  /** Consecutive ends without `STABLE_MS` of service between them: the exponent of the back-off. */
  failures: number;
  respawnPending: boolean;
  /** Time of the next attempt, while one is pending. */
  respawnAt?: number;
  /** Reason of the last failed attempt; absent as soon as a worker serves. */
  reason?: string;
  /** The last failure was one of a worker in service. */
  servedLast?: boolean;
}

/** Failures of all slots together, with no long pause between them. */
export interface Series {
  readonly since: number;
  lastAt: number;
  failures: number;
  /** Time of the last summary. */
  reportedAt: number;
}

interface Request {
  readonly by: string;
  /** Ids of the requests that are served; absent when nobody waits for the outcome. */
  readonly ids?: readonly number[];
}

export type Operation = Request &
  (
    | {
        readonly kind: 'reload';
        readonly plan?: ReloadPlan;
        /** The generation whose release is served again; absent: the config is read again, and names the release. */
        readonly backTo?: number;
        /** Watch mode: what has changed. A reload under way that serves nobody yet gives way to it. */
        readonly because?: string;
        /** Its forerunner has ended for it, and was reported with the same words. */
        readonly isAgain?: true;
      }
    | {
        readonly kind: 'recycle';
        readonly serial: number;
        /** A limit asks for it: the operation gives way to those of people. */
        readonly mayWait?: true;
        /** There is no memory for both: the worker is gone before its replacement starts. */
        readonly drainFirst?: true;
      }
    | {
        readonly kind: 'scale';
        readonly delta?: number;
        readonly to?: number;
        /** From now on the number follows the load in this range. */
        readonly range?: WorkerRange;
        /** Rather in the range of the config, where it has one. */
        readonly back?: true;
        /** The reason of the scaler. */
        readonly load?: { readonly reason: LoadReason; readonly why: string; readonly patience: number };
      }
  );

/** The operation under way; never two at once. */
export interface Running {
  readonly operation: Operation;
  readonly startedAt: number;
  readonly generation: number;
  /** Absent while a reload is being prepared (config re-read, app resolved). */
  plan?: Plan;
  next: number;
  /** Index of the step whose order has been given, so that waiting for its outcome does not repeat it. */
  begun?: number;
  /** Serials of the workers that the operation has started, by slot. */
  trials: Record<number, number>;
  replaced: number;
  /** The settings to go back to. */
  previous?: Settings;
  /** The workers that the config of the new release asks for, where that differs from the running one. */
  wanted?: WorkerCount;
  /** Number of workers that a scale ends with. */
  target?: number;
  /** True after the point of no return. */
  committed: boolean;
  /** Reason of the rollback, while one is under way. */
  rollingBack?: string;
  /** Level of the verdict where the end is no failure: a newer save takes its place, or the server stops. */
  endLevel?: 'debug' | 'info';
  /** Number of rollback attempts so far. */
  attempts: number;
  cleanUps?: FailedCleanUps;
  /** For a reload that has been prepared: its release. */
  release?: KeptRelease;
}

/** A release that can be served again. */
export interface KeptRelease {
  /** The generation that has, or is to have, served it last. */
  readonly generation: number;
  /** The generation that it was made for: several have the same release, after a rollback or an empty deploy. */
  readonly origin: number;
  readonly name?: string;
}

/** The part of the config that the pure core needs. Durations are milliseconds. */
export interface Settings {
  readonly scaling: ScalingSettings;
  /** The number to start with: the least of the range, where there is one. */
  readonly workers: number;
  readonly range?: WorkerRange;
  readonly bootTimeout: number;
  /** Time that hook and probe may take together before the worker counts as stuck. */
  readonly probeWindow: number;
  readonly grace: number;
  readonly quickGrace: number;
  /** Time that a worker has for its other requests after a crash, or after it was interrupted. */
  readonly crashGrace: number;
  /** The option for which a worker that hangs is killed as soon as that is explained; absent: what it has is saved. */
  readonly killsHung?: string;
  /** Time from a graceful stop to its drain. */
  readonly stopDelay: number;
  /** True when idle connections may move to another worker. */
  readonly handoff: boolean;
  readonly reload: ReloadShape;
  /** Watch mode: code that cannot be loaded waits for the next save, which is nowhere but in the same files. */
  readonly watch: boolean;
}

export type StopMode = DrainMode | 'now';

export interface State {
  phase: Exclude<MasterState, 'reloading'>;
  /** Time of the `start` event. */
  startedAt: number;
  settings: Settings;
  /** The target. A change of it is an operation that leads `size` there, one slot at a time. */
  desired: Desired;
  /** Number of slots that have, or get, a worker now. */
  size: number;
  /** The generation that a crash, a recycle and a scale-up start; a reload moves it when it commits. */
  committed: number;
  /** The releases that have been committed, each once: the one that serves, the one before it, and so on. */
  releases: KeptRelease[];
  /** After a rollback on demand: the release that it has replaced. */
  replaced?: { readonly release: KeptRelease; readonly by: string };
  lastGeneration: number;
  lastSerial: number;
  /** Generations of which a worker has served: their workers come back even when their probe fails. */
  proven: number[];
  workers: Record<number, WorkerRecord>;
  slots: Record<number, SlotRecord>;
  running?: Running;
  queue: Operation[];
  /** The last generation that was reported as alive by an answer that is not 2xx. */
  toldAlive?: number;
  /** Reason why the last worker could not come into service. */
  lastFailure?: string;
  /** `newMaster`: the workers of the new master take connections over. */
  stop?: { mode: StopMode; exitCode: number; newMaster?: boolean; cleanUps?: FailedCleanUps };
  series?: Series;
  /** Present while fewer workers than `size` stay in service. */
  degraded?: { readonly since: number };
  /** A change of `degraded` that is reported if it lasts. */
  changing?: { readonly to: 'degraded' | 'recovered'; readonly since: number };
  /** Seed of the jitter of the back-off; absent: no jitter. */
  seed?: number;
  /** Requester of the stop that begins after `--stop-delay`, or has begun. */
  stopBy?: string;
  /** When the drain of the stop begins, after `--stop-delay`. */
  stopAt?: number;
  /** Present from `tshorn leave` to `tshorn stay`: who asked for it, and when. */
  left?: { readonly by: string; readonly at: number };
  containment: ContainmentCounts;
  /** How the processes of workers have ended, since the start of the master. */
  exits: Record<ExitKind, number>;
}
