/**
 * The moments at which a config file may run code of its own. Those of the master run in the master and
 * must be quick; those of a worker run in the worker, which imports the config file again for them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WorkerIdentity } from '@tshorn/core';

/** The logger of a hook: each call writes a line to the server's log. */
export interface HookLog {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** The master, as its hooks see it. */
export interface MasterInfo {
  readonly pid: number;
  readonly log: HookLog;
}

/** A worker, as hooks on both sides see it. */
export interface WorkerInfo extends WorkerIdentity {
  readonly log: HookLog;
}

type Hook<Args extends unknown[]> = (...args: Args) => void | Promise<void>;

/** Every hook is optional and may be async; `hookTimeout` bounds it. A hook that fails is logged. */
export interface Hooks {
  /** In the master, before it binds an address. */
  onStarting?: Hook<[master: MasterInfo]>;
  /** In the master, when the first worker is in service. */
  whenReady?: Hook<[master: MasterInfo]>;
  /** In the master, when a reload begins. */
  onReload?: Hook<[master: MasterInfo]>;
  /**
   * In the master, when every worker of a reload's new release serves; the new config's own. If it throws,
   * the reload is rolled back.
   */
  onCommit?: Hook<[master: MasterInfo]>;
  /** In the master, before it forks a worker. */
  preFork?: Hook<[master: MasterInfo, worker: WorkerInfo]>;
  /** In the master, after a worker has exited. */
  childExit?: Hook<[master: MasterInfo, worker: WorkerInfo]>;
  /** In the master, when the number of workers has changed. */
  workersChanged?: Hook<[master: MasterInfo, newCount: number, oldCount: number]>;
  /** In the master, before it exits. */
  onExit?: Hook<[master: MasterInfo]>;
  /** In a worker, as soon as its process runs. */
  postFork?: Hook<[worker: WorkerInfo]>;
  /** In a worker, after it has loaded the app. */
  postWorkerInit?: Hook<[worker: WorkerInfo]>;
  /** In a worker, before the app gets a request. */
  preRequest?: Hook<[worker: WorkerInfo, req: IncomingMessage]>;
  /** In a worker, after the response to a request has ended. */
  postRequest?: Hook<[worker: WorkerInfo, req: IncomingMessage, res: ServerResponse]>;
  /** In a worker that is told to stop quickly. */
  workerInt?: Hook<[worker: WorkerInfo]>;
  /** In a worker whose grace period ran out, or that got SIGABRT. */
  workerAbort?: Hook<[worker: WorkerInfo]>;
  /** In a worker, before it exits. */
  workerExit?: Hook<[worker: WorkerInfo]>;
}

export const MASTER_HOOKS = [
  'onStarting',
  'whenReady',
  'onReload',
  'onCommit',
  'preFork',
  'childExit',
  'workersChanged',
  'onExit',
] as const satisfies readonly (keyof Hooks)[];

export const WORKER_HOOKS = [
  'postFork',
  'postWorkerInit',
  'preRequest',
  'postRequest',
  'workerInt',
  'workerAbort',
  'workerExit',
] as const satisfies readonly (keyof Hooks)[];

export type MasterHook = (typeof MASTER_HOOKS)[number];
export type WorkerHook = (typeof WORKER_HOOKS)[number];

/** A hook that is in neither list fails compilation here. */
type Unlisted = Exclude<keyof Hooks, MasterHook | WorkerHook>;
type AllHooks = [Unlisted] extends [never] ? readonly (keyof Hooks)[] : never;
export const HOOK_NAMES: AllHooks = [...MASTER_HOOKS, ...WORKER_HOOKS];
