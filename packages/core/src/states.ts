/**
 * The states that a worker and a master go through. A failure is a transition with a reason, never
 * another boolean beside the state.
 */

/**
 * `probed`: waits to be admitted. `parked`: drained, and kept until a reload commits, to serve again after a rollback.
 * `hung`: its event loop is stuck, and what can be saved is being saved. `failing`: an exception that nobody caught, or a
 * hang, has cost a request; the worker finishes the others within `--crash-grace`, and never serves again.
 */
export type WorkerState =
  | 'spawned'
  | 'booting'
  | 'probing'
  | 'probed'
  | 'admitted'
  | 'ready'
  | 'draining'
  | 'parked'
  | 'hung'
  | 'failing'
  | 'killed'
  | 'exited';

/** `leaving`: serves for `--stop-delay` and then drains. */
export type MasterState = 'starting' | 'running' | 'reloading' | 'leaving' | 'draining' | 'stopped';

const NEXT: Record<WorkerState, readonly WorkerState[]> = {
  spawned: ['booting', 'killed', 'exited'],
  booting: ['probing', 'killed', 'exited'],
  probing: ['probed', 'killed', 'exited'],
  probed: ['admitted', 'killed', 'exited'],
  admitted: ['ready', 'draining', 'hung', 'failing', 'killed', 'exited'],
  ready: ['draining', 'hung', 'failing', 'killed', 'exited'],
  draining: ['parked', 'admitted', 'hung', 'failing', 'killed', 'exited'],
  parked: ['admitted', 'draining', 'hung', 'failing', 'killed', 'exited'],
  hung: ['failing', 'killed', 'exited'],
  failing: ['hung', 'killed', 'exited'],
  killed: ['exited'],
  exited: [],
};

/**
 * True when a worker may go from one state to another. The table also rejects facts that arrive late, such as the
 * `loaded` of a worker that has been killed meanwhile.
 */
export const mayBecome = (from: WorkerState, to: WorkerState): boolean => NEXT[from].includes(to);

/** True for a worker on its way to traffic or in it: its slot needs no other worker. */
export const isComing = (state: WorkerState): boolean =>
  state === 'spawned' ||
  state === 'booting' ||
  state === 'probing' ||
  state === 'probed' ||
  state === 'admitted' ||
  state === 'ready';

/**
 * The ways in which the process of a worker ends. `left`: in order, when it had drained. `clean-up`: it had drained, and the
 * app's own clean-up failed. `boot`: its start failed, before it served. `crash` and `hang`: what ended it in service,
 * contained or not. `killed`: the master has ended it for another reason: a deadline, a rollback, or a quick stop.
 */
export const EXIT_KINDS = ['left', 'clean-up', 'boot', 'crash', 'hang', 'killed'] as const;
export type ExitKind = (typeof EXIT_KINDS)[number];

/** The ways in which a reload replaces the workers; docs/reload.md compares them. */
export const RELOAD_PLANS = ['rolling', 'canary', 'overlap', 'replace'] as const;
export type ReloadPlan = (typeof RELOAD_PLANS)[number];
