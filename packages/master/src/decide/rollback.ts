/**
 * What happens when an operation fails: a reload that has not committed is rolled back, step by step, by a
 * plan of its own; anything else ends where it stands.
 */
import { isComing } from '@tshorn/core';
import { isFailing } from './backoff.ts';
import type { Draft } from './draft.ts';
import type { Running, WorkerRecord } from './model.ts';
import type { Outcome } from './notice.ts';
import type { Step } from './plan.ts';

/** Ends the operation under way, or begins to take it back. Without one it does nothing. */
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
    delete draft.state.running;
    const text = `${running.operation.kind} by ${running.operation.by} given up: ${reason}`;
    // A TERM to the whole process group reaches the workers too: that is no failure of anything.
    draft.tell({ event: 'operation-failed', level: outcome === 'aborted' ? 'info' : 'error', text });
    trim(draft);
  } else if (running.committed) finishReload(draft, running, 'committed');
  else if (!running.plan || outcome !== 'failed') finishReload(draft, running, outcome, reason);
  else if (running.rollingBack !== undefined) {
    // The old release has served before: a single crash on its way back says nothing about it.
    if (running.attempts < ATTEMPTS) return rollBack(draft, running);
    const text = `${running.rollingBack}; and then it could not be rolled back: ${reason}`;
    finishReload(draft, running, 'failed', text);
  } else {
    running.rollingBack = reason;
    const { generation } = running;
    rollBack(draft, running);
    // The verdict says it all where there is nothing to take back.
    if (running.plan.length > 0) draft.tell({ event: 'rolling-back', level: 'error', generation, reason });
  }
}

/** How often the old release may fail to come back. */
const ATTEMPTS = 3;

/**
 * What an operation that has failed may leave: a worker beyond the last slot, two in one, or one that waits
 * for a plan that is over to let it in. The one that serves stays, of two the one of the committed release.
 */
function trim(draft: Draft): void {
  const { size, committed } = draft.state;
  const worth = ({ state, generation }: WorkerRecord) =>
    (state === 'ready' ? 2 : 0) + (generation === committed ? 1 : 0);
  for (const slot of new Set(draft.workers.map((worker) => worker.slot))) {
    const [best, ...others] = draft.comingIn(slot).sort((one, other) => worth(other) - worth(one));
    if (best && slot >= size) others.push(best);
    else if (best?.state === 'probed') draft.admit(best);
    for (const worker of others) draft.leave(worker, 'graceful');
  }
}

/**
 * Puts the way back in the place of the plan, from where things stand now: old workers that are still
 * there serve again first, missing ones are started from the old release, and then the new ones leave.
 */
export function rollBack(draft: Draft, running: Running): void {
  const { state } = draft;
  running.attempts++;
  const young = draft.workers.filter(({ generation }) => generation === running.generation);
  for (const worker of young) if (worker.state !== 'ready' && worker.state !== 'draining') draft.kill(worker);
  const back: number[] = [];
  const anew: number[] = [];
  for (let slot = 0; slot < state.size; slot++) {
    const old = draft.workers.filter(
      (worker) => worker.slot === slot && worker.generation !== running.generation,
    );
    // Of an attempt before this one.
    for (const worker of old) if (worker.state === 'probed') draft.admit(worker);
    if (old.some(({ state }) => isComing(state))) continue;
    // One that drains without being kept may end at any moment: it is no help.
    if (old.some(({ state, park }) => state === 'parked' || (state === 'draining' && park))) back.push(slot);
    // Where the old release could not serve before either, its back-off goes on.
    else if (!isFailing(draft, slot)) anew.push(slot);
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

/** The end of a reload, with its verdict. */
export function finishReload(draft: Draft, running: Running, outcome: Outcome, reason?: string): void {
  const { state } = draft;
  delete state.running;
  if (outcome !== 'committed' && running.previous) state.settings = running.previous;
  const inUse = new Set([state.committed, ...draft.workers.map(({ generation }) => generation)]);
  state.proven = state.proven.filter((generation) => inUse.has(generation));
  draft.tell({
    event: 'reload-finished',
    level: outcome === 'committed' ? 'info' : 'error',
    generation: running.generation,
    outcome,
    serving: state.committed,
    replaced: running.replaced,
    tookMs: draft.at - running.startedAt,
    ...(reason !== undefined && { reason }),
  });
  if (outcome !== 'committed') trim(draft);
}
