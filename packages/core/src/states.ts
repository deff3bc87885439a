/**
 * The states that a worker and a master go through. A failure is a transition with a reason, never
 * another boolean beside the state.
 */

/** `parked` and its way back belong to plans that keep drained workers until a reload commits. */
export type WorkerState =
  | 'spawned'
  | 'booting'
  | 'probing'
  | 'admitted'
  | 'ready'
  | 'draining'
  | 'killed'
  | 'exited';

export type MasterState = 'starting' | 'running' | 'reloading' | 'draining' | 'stopped';

const NEXT: Record<WorkerState, readonly WorkerState[]> = {
  spawned: ['booting', 'killed', 'exited'],
  booting: ['probing', 'killed', 'exited'],
  probing: ['admitted', 'killed', 'exited'],
  admitted: ['ready', 'draining', 'killed', 'exited'],
  ready: ['draining', 'killed', 'exited'],
  draining: ['killed', 'exited'],
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
  state === 'admitted' ||
  state === 'ready';
