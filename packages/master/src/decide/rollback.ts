/**
 * Failing. A reload that has not committed is rolled back, step by step, by a plan of its own. Any other operation
 * ends where it stands.
 */
import { isComing, type WorkerState } from '@tshorn/core';
import { isFailing } from './backoff.ts';
import type { Draft } from './draft.ts';
import type { Running } from './model.ts';
import { withOverlapHint } from './overlap-hint.ts';
import type { Step } from './plan.ts';
import { finishReload, giveUpOperation } from './verdict.ts';

/** Ends the operation under way, or begins to roll it back. Does nothing without an operation. */
export function fail(
  draft: Draft,
  reason: string,
  outcome: 'failed' | 'refused' | 'aborted' = 'failed',
): void {
  const { running } = draft.state;
  if (!running) return;
  draft.effects.push({ do: 'end-watch' });
  draft.clearTimer('soak');
  if (running.operation.kind !== 'reload') {
    // A TERM to the whole process group reaches the workers too: that is no failure of anything.
    giveUpOperation(draft, running, reason, outcome === 'aborted' ? 'info' : 'error');
  } else if (running.committed) finishReload(draft, running, 'committed');
  else if (!running.plan || outcome !== 'failed') finishReload(draft, running, outcome, reason);
  else if (running.rollingBack !== undefined) {
    // The old release has served before: a single crash on its way back says nothing about it.
    if (running.attempts < ATTEMPTS) return rollBack(draft, running);
    const text = `${running.rollingBack}; then the rollback failed: ${reason}`;
    finishReload(draft, running, 'failed', text);
  } else {
    const { plan: kind = draft.state.settings.reload.kind } = running.operation;
    const { park: parked } = draft.state.settings.reload;
    const words = withOverlapHint(reason, { parked, replaces: kind === 'replace' });
    running.rollingBack = words;
    const { generation } = running;
    rollBack(draft, running);
    // The verdict follows at once where there is nothing to undo.
    if (running.plan.length > 0) {
      draft.report({ event: 'rolling-back', level: 'error', generation, reason: words });
    }
  }
}

/** Number of times that the old release may fail to come back. */
const ATTEMPTS = 3;

/** New workers in these states have requests to finish; the others have none. */
const FINISHES: readonly WorkerState[] = ['ready', 'draining', 'hung', 'failing'];

/**
 * Replaces the plan by the rollback, from the present state: old workers that are still there serve again first, missing
 * ones are started from the old release, and then the new workers leave.
 */
export function rollBack(draft: Draft, running: Running): void {
  const { state } = draft;
  running.attempts++;
  const young = draft.workers.filter(({ generation }) => generation === running.generation);
  for (const worker of young) if (!FINISHES.includes(worker.state)) draft.kill(worker);
  const back: number[] = [];
  const anew: number[] = [];
  for (let slot = 0; slot < state.size; slot++) {
    const old = draft.workers.filter(
      (worker) => worker.slot === slot && worker.generation !== running.generation,
    );
    // A worker of an earlier attempt to roll back.
    for (const worker of old) if (worker.state === 'probed') draft.admit(worker);
    if (old.some(({ state }) => isComing(state))) continue;
    // One that drains without being kept may end at any moment: it is no help.
    if (old.some(({ state, park }) => state === 'parked' || (state === 'draining' && park))) back.push(slot);
    // Where the old release could not serve before either, its back-off goes on.
    // In watch mode its code is in the files no more.
    else if (!isFailing(draft, slot) && !state.settings.watch) anew.push(slot);
  }
  const leaving = [...new Set(young.filter(({ state }) => state === 'ready').map(({ slot }) => slot))];
  const step = (what: Step & { slots: readonly number[] }): Step[] => (what.slots.length > 0 ? [what] : []);
  running.plan = [
    ...step({ do: 'readmit', slots: back }),
    ...step({ do: 'boot', slots: anew, generation: state.committed }),
    ...step({ do: 'admit', slots: anew }),
    ...step({ do: 'withdraw', slots: leaving }),
  ];
  running.next = 0;
  running.trials = {};
  delete running.begun;
}
