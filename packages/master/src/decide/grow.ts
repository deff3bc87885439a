/** The step `grow`: workers boot side by side, and each serves and counts as soon as it can. */
import { isComing } from '@tshorn/core';
import { type Draft, infoOf } from './draft.ts';
import type { Running, WorkerRecord } from './model.ts';
import type { Step } from './plan.ts';
import { fail } from './rollback.ts';

type Grow = Extract<Step, { do: 'grow' }>;

const BOOTS: readonly WorkerRecord['state'][] = ['spawned', 'booting', 'probing'];

export function grow(draft: Draft, running: Running, { slots, generation }: Grow): boolean {
  const { state } = draft;
  const trialIn = (slot: number) => state.workers[running.trials[slot] ?? -1];
  for (const slot of slots) {
    const trial = trialIn(slot);
    if (running.trials[slot] !== undefined && !(trial && isComing(trial.state))) {
      fail(draft, state.lastFailure ?? 'the new worker is gone');
      return false;
    }
    if (trial?.state === 'probed') draft.admit(trial);
  }
  count(draft, running, slots);
  const booting = () => slots.filter((slot) => BOOTS.includes(trialIn(slot)?.state as never)).length;
  for (const slot of slots) {
    if (slot < state.size || running.trials[slot] !== undefined) continue;
    if (booting() >= Math.max(1, state.settings.reload.parallelism)) break;
    const worker = draft.spawn(slot, generation);
    worker.grown = true;
    running.trials[slot] = worker.serial;
  }
  return slots.every((slot) => slot < state.size);
}

/** In the order of the slots: from then on the slot is looked after, whatever becomes of the others. */
function count(draft: Draft, running: Running, slots: readonly number[]): void {
  const { state } = draft;
  const from = state.size;
  while (slots.includes(state.size) && state.workers[running.trials[state.size] ?? -1]?.state === 'ready') {
    delete running.trials[state.size];
    state.size++;
  }
  if (state.size === from) return;
  const { failures: _over, ...desired } = state.desired;
  state.desired = desired;
  const { operation, target = state.size } = running;
  const info = infoOf(operation);
  draft.report({ event: 'resized', level: 'info', size: state.size, from, target, operation: info });
}
