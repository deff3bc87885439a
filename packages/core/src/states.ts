/**
 * The states that a worker and a master go through. A failure is a transition with a reason, never
 * another boolean beside the state.
 */

/** `probed`: it waits to be let in. `parked`: drained, and kept until a reload commits, to serve again if not. */
export type WorkerState =
  | 'spawned'
  | 'booting'
  | 'probing'
  | 'probed'
  | 'admitted'
  | 'ready'
  | 'draining'
  | 'parked'
  | 'killed'
  | 'exited';

/** `leaving`: it serves on for `--stop-delay`, and drains then. */
export type MasterState = 'starting' | 'running' | 'reloading' | 'leaving' | 'draining' | 'stopped';

const NEXT: Record<WorkerState, readonly WorkerState[]> = {
  spawned: ['booting', 'killed', 'exited'],
  booting: ['probing', 'killed', 'exited'],
  probing: ['probed', 'killed', 'exited'],
  probed: ['admitted', 'killed', 'exited'],
  admitted: ['ready', 'draining', 'killed', 'exited'],
  ready: ['draining', 'killed', 'exited'],
  draining: ['parked', 'admitted', 'killed', 'exited'],
  parked: ['admitted', 'draining', 'killed', 'exited'],
  killed: ['exited'],
  exited: [],
};

/** Whether a worker may go from one state to another. Facts that arrive late (a `loaded` of a worker
 * that has been killed meanwhile) are told apart from orders by this table. */
export const mayBecome = (from: WorkerState, to: WorkerState): boolean => NEXT[from].includes(to);

/** On its way to traffic, or in it: the states that count towards "this slot is looked after". */
export const isComing = (state: WorkerState): boolean =>
  state === 'spawned' ||
  state === 'booting' ||
  state === 'probing' ||
  state === 'probed' ||
  state === 'admitted' ||
  state === 'ready';

/** The ways in which a reload replaces the workers; docs/reload.md compares them. */
export const RELOAD_PLANS = ['rolling', 'canary', 'overlap', 'replace'] as const;
export type ReloadPlan = (typeof RELOAD_PLANS)[number];
