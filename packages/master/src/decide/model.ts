/**
 * The words of the pure core. An **event** is what happened, an **effect** is what is to be done. What is told
 * to people is in notice.ts.
 */
import type { DrainMode, DrainReport, MasterState, ProbeReport, WorkerState } from '@tshorn/core';
import type { Notice } from './notice.ts';
import type { Plan, ReloadPlan, ReloadShape } from './plan.ts';

/** Stand beside the serials of workers where connections change hands: the masters before and after this one. */
export const OLD_MASTER = -1;
export const NEW_MASTER = 0;

export interface WorkerRecord {
  /** The how-manieth process of this master it is: a slot and a generation can recur, this cannot. */
  readonly serial: number;
  readonly slot: number;
  readonly generation: number;
  pid?: number;
  state: WorkerState;
  readonly bornAt: number;
  /** Milliseconds until it had passed its probe. */
  bootMs?: number;
  readyAt?: number;
  /** It is kept when it has drained. */
  park?: true;
  arrivals?: MigrationCounts;
  /** One more attempt of a crash loop that has been told in full already. */
  repeat?: true;
}

/** Of the connections that have moved to a worker with a state. */
export interface MigrationCounts {
  readonly taken: number;
  /** Those that its app did not go on with. */
  readonly resumeFailed: number;
  /** Why, of the last one. */
  readonly last?: string;
  /** Whether it has not answered all of them. */
  readonly waiting: boolean;
}

export interface SlotRecord {
  /** Ends in a row without `STABLE_MS` of service between them: the exponent of the back-off. */
  failures: number;
  respawnPending: boolean;
  /** When the next attempt is, while one is pending. */
  respawnAt?: number;
  /** Why the last attempt has failed; absent as soon as somebody serves. */
  reason?: string;
  /** The last failure was one of a worker in service. */
  servedLast?: boolean;
}

/** Failures of all slots together, with no long pause between them. */
export interface Series {
  readonly since: number;
  lastAt: number;
  failures: number;
  /** When they were summed up last. */
  toldAt: number;
}

export type Operation =
  | { readonly kind: 'reload'; readonly by: string; readonly plan?: ReloadPlan }
  | {
      readonly kind: 'recycle';
      readonly serial: number;
      readonly by: string;
      /** A limit has been reached: it gives way to what people ask for. */
      readonly mayWait?: true;
    }
  | { readonly kind: 'scale'; readonly by: string; readonly delta?: number; readonly to?: number };

/** The operation under way; never two at once. */
export interface Running {
  readonly operation: Operation;
  readonly startedAt: number;
  readonly generation: number;
  /** Absent while a reload is being prepared (config re-read, app resolved). */
  plan?: Plan;
  next: number;
  /** The step whose order has been given, so that waiting for its outcome does not repeat it. */
  begun?: number;
  /** Serials of the workers that it has started, by slot. */
  trials: Record<number, number>;
  replaced: number;
  /** The settings to go back to. */
  previous?: Settings;
  /** How many workers the new config asks for. */
  target?: number;
  /** Whether the point of no return has been passed. */
  committed: boolean;
  /** Why it is being rolled back. */
  rollingBack?: string;
  /** How often that has been begun. */
  attempts: number;
}

/** What the pure core needs to know of the config. Durations are milliseconds. */
export interface Settings {
  readonly workers: number;
  readonly bootTimeout: number;
  /** How long hook and probe may take together before the worker counts as stuck. */
  readonly probeWindow: number;
  readonly grace: number;
  readonly quickGrace: number;
  /** From a graceful stop to its drain. */
  readonly stopDelay: number;
  /** Whether connections at rest may move to another worker. */
  readonly handoff: boolean;
  readonly reload: ReloadShape;
}

export type StopMode = DrainMode | 'now';

export interface State {
  phase: Exclude<MasterState, 'reloading'>;
  settings: Settings;
  /** Slots that are looked after. */
  size: number;
  /** The generation that a crash, a recycle and a scale-up start; a reload moves it when it commits. */
  committed: number;
  lastGeneration: number;
  lastSerial: number;
  /** Generations of which one worker was in service: they come back even when their probe fails. */
  proven: number[];
  workers: Record<number, WorkerRecord>;
  slots: Record<number, SlotRecord>;
  running?: Running;
  queue: Operation[];
  /** Why the last worker could not be brought into service. */
  lastFailure?: string;
  /** `newMaster`: the workers of another master take connections over. */
  stop?: { mode: StopMode; exitCode: number; newMaster?: boolean };
  series?: Series;
  /** Fewer workers than N stay in service. */
  degraded?: { readonly since: number };
  /** It looks like a change of that, if it stays so. */
  changing?: { readonly to: 'degraded' | 'recovered'; readonly since: number };
  /** Of the jitter of the back-off; absent: no jitter. */
  seed?: number;
  /** Who has asked for the stop that is about to begin. */
  stopBy?: string;
}

export type TimerId =
  | `boot:${number}`
  | `drain:${number}`
  | `respawn:${number}`
  | 'start'
  | 'soak'
  | 'degraded'
  | 'recovered'
  | 'leaving';

export type Event =
  | { readonly type: 'start' }
  | { readonly type: 'requested'; readonly operation: Operation }
  /** The config of that generation is read, and its app is there. */
  | { readonly type: 'prepared'; readonly generation: number; readonly settings: Settings }
  | { readonly type: 'refused'; readonly generation: number; readonly reason: string }
  /** Takes back the reload under way. */
  | { readonly type: 'abort-requested'; readonly by: string }
  /** What `onCommit` said. */
  | { readonly type: 'approved'; readonly generation: number }
  | { readonly type: 'vetoed'; readonly generation: number; readonly reason: string }
  /** What the comparison of new and old workers came to. */
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
      /** Another master is active, and takes connections. */
      readonly newMaster?: boolean;
    }
  | { readonly type: 'worker-spawned'; readonly serial: number; readonly pid: number }
  | { readonly type: 'worker-loaded'; readonly serial: number; readonly kind: string }
  | {
      readonly type: 'worker-load-failed';
      readonly serial: number;
      /** Of the TshornError that the worker met. */
      readonly code?: string;
      readonly message: string;
      readonly detail?: string;
    }
  | { readonly type: 'worker-probed'; readonly serial: number; readonly report: ProbeReport }
  | { readonly type: 'worker-accepting'; readonly serial: number }
  | { readonly type: 'worker-drained'; readonly serial: number; readonly report: DrainReport }
  | {
      readonly type: 'worker-exited';
      readonly serial: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** What that means, where nobody has asked for it. */
      readonly words?: string;
    }
  /** What has become of connections that moved to it; told of a worker on trial only. */
  | { readonly type: 'worker-migrations'; readonly serial: number; readonly arrivals: MigrationCounts }
  /** It gives no heartbeat: its event loop is stuck. */
  | { readonly type: 'worker-hung'; readonly serial: number; readonly silentMs: number }
  | { readonly type: 'expired'; readonly timer: TimerId };

export type KillReason = 'hung' | 'never-came-up' | 'never-left';

export type Effect =
  | { readonly do: 'spawn'; readonly serial: number; readonly slot: number; readonly generation: number }
  | { readonly do: 'admit'; readonly serial: number }
  | {
      readonly do: 'drain';
      readonly serial: number;
      readonly mode: DrainMode;
      readonly deadlineMs: number;
      /** Whether another worker is there to take connections over. */
      readonly handoff: boolean;
      /** Whether it is kept when it has drained. */
      readonly park: boolean;
      /** Present when all leave: nobody else accepts what waits in the kernel's queue. */
      readonly emptyQueue?: true;
    }
  /** New workers are compared with the others from now on; the answer is `watched`. */
  | { readonly do: 'watch'; readonly generation: number; readonly serials: readonly number[] }
  | { readonly do: 'end-watch' }
  | { readonly do: 'approve'; readonly generation: number }
  /** With a reason: it has missed a deadline, and is made to tell why where it is stuck. */
  | { readonly do: 'kill'; readonly serial: number; readonly reason?: KillReason }
  | { readonly do: 'set-timer'; readonly timer: TimerId; readonly ms: number }
  | { readonly do: 'clear-timer'; readonly timer: TimerId }
  | { readonly do: 'prepare'; readonly generation: number }
  | { readonly do: 'tell'; readonly notice: Notice }
  /** The server stops soon, and serves until then. */
  | { readonly do: 'announce-leaving'; readonly serial: number }
  /** From here on the master holds no address: it is closed with the last worker that accepts. */
  | { readonly do: 'close-listeners' }
  | { readonly do: 'finish'; readonly exitCode: number };
