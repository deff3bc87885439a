/** Questions about the state that the hands ask. Pure. */
import { isComing } from '@tshorn/core';
import { NEW_MASTER, type State, type WorkerRecord } from './model.ts';

/** Workers in service. */
export const readyWorkers = ({ workers }: State): WorkerRecord[] =>
  Object.values(workers).filter(({ state }) => state === 'ready');

/** Why the last slot that is at a loss for a worker is; undefined when none is. */
export const lastReason = ({ slots }: State): string | undefined =>
  Object.values(slots).findLast(({ reason }) => reason !== undefined)?.reason;

/** Serials of the workers in service that are none of these. */
export const readyBeside = (state: State, serials: readonly number[]): number[] =>
  readyWorkers(state)
    .map(({ serial }) => serial)
    .filter((serial) => !serials.includes(serial));

/** Who may take a connection of this worker: the replacement in its slot, or else every other one in service. */
export function takersFor(state: State, serial: number, except: ReadonlySet<number>): number[] {
  if (state.stop?.newMaster) return except.has(NEW_MASTER) ? [] : [NEW_MASTER];
  const slot = state.workers[serial]?.slot;
  const others = readyWorkers(state).filter(
    (worker) => worker.serial !== serial && !except.has(worker.serial),
  );
  const replacement = others.filter((worker) => worker.slot === slot);
  return (replacement.length > 0 ? replacement : others).map((worker) => worker.serial);
}

/** New workers that are being compared with the old ones. */
export function watched({ running }: State): number[] {
  const step = running?.plan?.[running.next];
  return step?.do === 'watch' ? step.slots.flatMap((slot) => running?.trials[slot] ?? []) : [];
}

/**
 * Whose connections are kept even. Undefined while a plan moves connections around: evening them out would
 * only be in its way.
 */
export function balanced(state: State): number[] | undefined {
  const { phase, running, settings } = state;
  if (phase !== 'running' || (running && watched(state).length === 0)) return undefined;
  return settings.handoff ? readyBeside(state, []) : [];
}

/** Generations of which a worker lives, or would be started if a slot became empty. */
export function neededGenerations({ workers, committed }: State): Set<number> {
  const coming = Object.values(workers).filter(({ state }) => isComing(state));
  return new Set([committed, ...coming.map(({ generation }) => generation)]);
}

/**
 * Serials of the workers in service, when nothing speaks against recycling one of them: no operation is under
 * way or waits, and no slot is at a loss for a worker, as its replacement would be. Undefined at all other times.
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
