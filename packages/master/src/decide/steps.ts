/** How each step of a plan begins, and when it is done. */
import { isComing } from '@tshorn/core';
import { forgetFailures } from './backoff.ts';
import { type Draft, infoOf } from './draft.ts';
import { grow } from './grow.ts';
import { isAwaited } from './migrations.ts';
import type { Running, WorkerRecord } from './model.ts';
import type { Slots, Step } from './plan.ts';
import { isEnding } from './queries.ts';
import { keepRelease } from './releases.ts';
import { fail, rollBack } from './rollback.ts';

/** Takes the step as far as it goes. Returns true when the plan goes on at once: with the next step, or another plan. */
export function take(draft: Draft, running: Running, step: Step): boolean {
  const first = running.begun !== running.next;
  running.begun = running.next;
  const { plan } = running;
  const done = isDone(draft, running, step, first);
  // A step that fails ends the operation, or replaces the plan by the rollback.
  if (draft.state.running !== running || running.plan !== plan) return true;
  if (done) running.next++;
  return done;
}

function isDone(draft: Draft, running: Running, step: Step, first: boolean): boolean {
  const { state } = draft;
  switch (step.do) {
    case 'boot':
      return boot(draft, running, step);
    case 'admit':
      return admit(draft, running, step.slots);
    case 'drain': {
      const older = olderIn(draft, running, step.slots);
      if (first) for (const worker of older) draft.leave(worker, 'graceful', step.park);
      const isOver = (worker: WorkerRecord) =>
        isDrained(worker) || (step.beside && (worker.movedAll || isEnding(worker)));
      if (!older.every(isOver) || isAwaited(draft)) return false;
      running.replaced += step.slots.length;
      return true;
    }
    case 'await-drains':
      return (
        olderIn(draft, running, step.slots).every((worker) => isDrained(worker) || isEnding(worker)) &&
        !isAwaited(draft)
      );
    case 'watch':
      if (first) {
        const serials = step.slots.flatMap((slot) => running.trials[slot] ?? []);
        draft.effects.push({ do: 'watch', generation: running.generation, serials });
      }
      return false;
    case 'soak':
      return soak(draft, running, step.ms, first);
    case 'approve':
      if (first) draft.effects.push({ do: 'approve', generation: running.generation });
      return false;
    case 'commit':
      running.committed = true;
      state.committed = running.generation;
      keepRelease(state, running);
      forgetFailures(draft);
      return true;
    case 'release': {
      const older = draft.workers.filter(({ generation }) => generation !== running.generation);
      if (first) for (const worker of older) draft.leave(worker, 'graceful');
      if (step.beside) running.replaced = state.size;
      return step.beside || older.length === 0;
    }
    case 'resize': {
      const from = state.size;
      state.size = step.to;
      const { operation, target = step.to } = running;
      draft.report({
        event: 'resized',
        level: 'info',
        size: step.to,
        from,
        target,
        operation: infoOf(operation),
      });
      return true;
    }
    case 'grow':
      return grow(draft, running, step);
    case 'readmit':
      return readmit(draft, running, step.slots, first);
    case 'withdraw': {
      const young = draft.workers.filter((worker) => isYoung(running, step.slots, worker));
      if (first) for (const worker of young) draft.leave(worker, 'graceful');
      return young.every(isEnding);
    }
  }
}

/** Boots at most as many workers at a time as the machine can without starving those that serve. */
function boot(draft: Draft, running: Running, step: Extract<Step, { do: 'boot' }>): boolean {
  const { state } = draft;
  const { slots, generation, atOnce = state.settings.reload.parallelism } = step;
  const trialIn = (slot: number) => state.workers[running.trials[slot] ?? -1];
  const gone = (slot: number) => {
    const trial = trialIn(slot);
    return running.trials[slot] !== undefined && !(trial && isComing(trial.state));
  };
  if (slots.some(gone)) {
    fail(draft, state.lastFailure ?? 'the new worker is gone');
    return false;
  }
  const booting = () => slots.filter((slot) => isBooting(trialIn(slot))).length;
  for (const slot of slots) {
    if (running.trials[slot] !== undefined || booting() >= atOnce) continue;
    running.trials[slot] = draft.spawn(slot, generation).serial;
  }
  return slots.every((slot) => ['probed', 'admitted', 'ready'].includes(trialIn(slot)?.state ?? ''));
}

const isBooting = (worker: WorkerRecord | undefined) =>
  worker?.state === 'spawned' || worker?.state === 'booting' || worker?.state === 'probing';

function admit(draft: Draft, running: Running, slots: Slots): boolean {
  const trials = slots.map((slot) => draft.state.workers[running.trials[slot] ?? -1]);
  if (trials.some((trial) => !trial || !isComing(trial.state))) {
    fail(draft, draft.state.lastFailure ?? 'the new worker is gone');
    return false;
  }
  const isWatched = running.plan?.[running.next + 1]?.do === 'watch';
  for (const trial of trials) if (trial?.state === 'probed') draft.admit(trial, isWatched);
  return trials.every((trial) => trial?.state === 'ready');
}

function soak(draft: Draft, running: Running, ms: number, first: boolean): boolean {
  const readySince = Object.values(running.trials).map((serial) => draft.state.workers[serial]?.readyAt ?? 0);
  const left = Math.max(0, ...readySince) + ms - draft.at;
  if (first && left > 0) draft.setTimer('soak', left);
  return left <= 0;
}

function readmit(draft: Draft, running: Running, slots: Slots, first: boolean): boolean {
  const older = slots.map((slot) =>
    draft.workers.filter((worker) => worker.slot === slot && worker.generation !== running.generation),
  );
  if (first) for (const worker of older.flat()) draft.admit(worker);
  // A worker that has died on its way back has to be started anew.
  if (older.some((workers) => !workers.some(({ state }) => isComing(state)))) rollBack(draft, running);
  return older.every((workers) => workers.some(({ state }) => state === 'ready'));
}

const isDrained = ({ state }: WorkerRecord) => state === 'parked';

const isYoung = (running: Running, slots: Slots, worker: WorkerRecord) =>
  slots.includes(worker.slot) && worker.generation === running.generation;

/** The workers in the slots, without those that the operation has started. */
const olderIn = (draft: Draft, running: Running, slots: Slots): WorkerRecord[] =>
  draft.workers.filter(
    (worker) => slots.includes(worker.slot) && running.trials[worker.slot] !== worker.serial,
  );

/** True when the plan waits for this answer. */
export function isAsking({ state }: Draft, generation: number, step: 'approve' | 'watch'): boolean {
  const { running } = state;
  return running?.generation === generation && running.plan?.[running.next]?.do === step;
}

/** The step gets the answer yes. */
export function answered(draft: Draft, generation: number, step: 'approve' | 'watch'): void {
  if (isAsking(draft, generation, step) && draft.state.running) draft.state.running.next++;
}
