/** Questions about the state. Pure. */
import { isComing } from '@tshorn/core';
import { NEW_MASTER, type State, type WorkerRecord } from './model.ts';
import { isGrowing } from './of-scaler.ts';

/** Workers in service. */
export const readyWorkers = ({ workers }: State): WorkerRecord[] =>
  Object.values(workers).filter(({ state }) => state === 'ready');

/** True for a worker that has crashed or hangs: it serves no more, and ends by itself or is killed, within its grace. */
export const isEnding = ({ state }: WorkerRecord): boolean => state === 'hung' || state === 'failing';

/** Reason of the last failed slot; undefined when none fails. */
export const lastReason = ({ slots }: State): string | undefined =>
  Object.values(slots).findLast(({ reason }) => reason !== undefined)?.reason;

/** Serials of the workers in service, without these. */
export const readyBeside = (state: State, serials: readonly number[]): number[] =>
  readyWorkers(state)
    .map(({ serial }) => serial)
    .filter((serial) => !serials.includes(serial));

/** Serials of the workers that may take a connection of this one: the replacement in its slot, or else all others in service. */
export function receiversFor(state: State, serial: number, except: ReadonlySet<number>): number[] {
  if (state.stop?.newMaster) return except.has(NEW_MASTER) ? [] : [NEW_MASTER];
  const slot = state.workers[serial]?.slot;
  const others = readyWorkers(state).filter(
    (worker) => worker.serial !== serial && !except.has(worker.serial),
  );
  const replacement = others.filter((worker) => worker.slot === slot);
  return (replacement.length > 0 ? replacement : others).map((worker) => worker.serial);
}

/** True when the plan fills the slot itself: it drains it before it starts a new worker, or boots one after the other. */
export function isPlanned({ running, settings }: State, slot: number): boolean {
  // In watch mode the reload brings the code that the slot is to get.
  if (!running?.plan) return settings.watch && running !== undefined;
  const { plan, next, rollingBack } = running;
  // The rollback begins with the workers that are still there.
  const steps = rollingBack === undefined ? plan.slice(next, next + 1) : plan.slice(next);
  return steps.some((step) => (step.do === 'drain' || step.do === 'boot') && step.slots.includes(slot));
}

/**
 * True when some worker can take connections of this one, now or soon: another one is coming, its replacement boots while
 * it drains, or another slot is filled again when its worker has ended. False where nobody comes before it has drained.
 * The connections of one that ends without an order wait in the master, so long as any worker will come.
 */
export function takerMayCome(state: State, serial: number): boolean {
  const { stop, workers, size } = state;
  if (stop) return stop.newMaster === true;
  const worker = workers[serial];
  if (!worker || isEnding(worker)) return true;
  const { park, slot } = worker;
  if (park || Object.values(workers).some((other) => other.serial !== serial && isComing(other.state)))
    return true;
  return Array.from({ length: size }).some((_, other) => other !== slot && !isPlanned(state, other));
}

/** Serials of the new workers that are being compared with the old ones. */
export function watched({ running }: State): number[] {
  const step = running?.plan?.[running.next];
  return step?.do === 'watch' ? step.slots.flatMap((slot) => running?.trials[slot] ?? []) : [];
}

/** Milliseconds in which a worker that the load has brought is given connections until it has its share. */
const NEW_MS = 10_000;

/**
 * Serials of the workers that are to have their share of the connections at once, be these few: those that are compared with the
 * old ones, or else those that the load has just brought.
 */
export function needy(state: State, at: number): number[] {
  const compared = watched(state);
  if (compared.length > 0) return compared;
  const isNew = ({ grown, readyAt = at }: WorkerRecord) => grown && at - readyAt < NEW_MS;
  return readyWorkers(state)
    .filter(isNew)
    .map(({ serial }) => serial);
}

/**
 * Serials of the workers whose numbers of connections are kept even. Undefined while a plan moves connections:
 * balancing would only disturb it.
 */
export function balanced(state: State): number[] | undefined {
  const { phase, running, settings } = state;
  // A growth moves nothing: what it has brought into service gets its share while the others boot.
  const isMoving = running && watched(state).length === 0 && !isGrowing(state);
  if (phase !== 'running' || isMoving) return undefined;
  return settings.handoff ? readyBeside(state, []) : [];
}

/** Everything that the scaler looks at; undefined while the number of workers does not follow the load. */
export function scaling(state: State) {
  const { desired, settings, running, queue, phase, left, size } = state;
  const { range } = desired;
  if (!range) return undefined;
  const isFree = phase === 'running' && !running && queue.length === 0;
  // A server that has left its balancer has no load, and comes back to all of it.
  const may = left ? 'none' : isFree ? 'all' : phase === 'running' && isGrowing(state) ? 'grow' : 'none';
  return {
    range,
    desired,
    settings: settings.scaling,
    ready: readyBeside(state, []),
    coming: Math.max(size, isGrowing(state) ? (running?.target ?? 0) : 0),
    may: may as 'all' | 'grow' | 'none',
  };
}

/** Generations that have a worker, of which a worker would be started if a slot became empty, or that can be served again. */
export function neededGenerations({ workers, committed, releases }: State): Set<number> {
  const coming = Object.values(workers).filter(({ state }) => isComing(state));
  return new Set([committed, ...[...coming, ...releases].map(({ generation }) => generation)]);
}

/** True for a worker that the uncommitted operation under way has started: the operation judges it, and not its slot. */
export const startedByOperation = ({ running }: State, worker: WorkerRecord): boolean =>
  running !== undefined && !running.committed && running.trials[worker.slot] === worker.serial;

/** True for a worker of a release that can still be rolled back. */
export function ofUncommittedRelease({ running, workers }: State, serial: number): boolean {
  if (running?.operation.kind !== 'reload' || running.committed) return false;
  return running.rollingBack === undefined && workers[serial]?.generation === running.generation;
}

/**
 * Serials of the workers in service, while one of them may be recycled: no operation is under way or waits, and no
 * slot fails to get a worker, as the replacement then would too. Undefined at all other times.
 */
export function recyclable(state: State): number[] | undefined {
  const { phase, running, queue, slots } = state;
  if (phase !== 'running' || running || queue.length > 0) return undefined;
  const ready = readyWorkers(state);
  const isMissing = (slot: number) => !ready.some((worker) => worker.slot === slot);
  const failed = Object.entries(slots).filter(([, { reason }]) => reason !== undefined);
  if (failed.some(([slot]) => isMissing(Number(slot)))) return undefined;
  return ready.map(({ serial }) => serial);
}
