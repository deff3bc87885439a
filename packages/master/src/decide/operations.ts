/**
 * Carries out one operation at a time: takes it from the queue, turns it into a plan, walks its steps
 * as the workers report, and ends it with a verdict. Never called for a crash: that is supervise.ts.
 */
import { isComing } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Operation, Running, Settings } from './model.ts';
import { type Plan, replaceSlot, resize, rolling, type Step } from './plan.ts';

export function request(draft: Draft, operation: Operation): void {
  const { state } = draft;
  if (state.phase === 'draining' || state.phase === 'stopped') {
    draft.tell({
      event: 'noted',
      level: 'info',
      text: `${operation.kind} by ${operation.by} ignored: stopping`,
    });
    return;
  }
  if (operation.kind === 'reload') {
    // A second HUP asks for the newest code, and the one that waits will bring it.
    if (state.queue.some((queued) => queued.kind === 'reload')) return;
    if (state.running)
      draft.tell({ event: 'noted', level: 'info', text: `reload by ${operation.by} queued` });
  }
  state.queue.push(operation);
}

/** Walks as far as it can: starts what waits, and takes every step whose condition holds. */
export function advance(draft: Draft): void {
  while (draft.state.phase === 'running') {
    const { running } = draft.state;
    if (!running) {
      const operation = draft.state.queue.shift();
      if (!operation) return;
      begin(draft, operation);
    } else if (!running.plan) {
      return;
    } else if (running.next >= running.plan.length) {
      commit(draft, running);
    } else if (!take(draft, running, running.plan[running.next] as Step)) {
      return;
    }
  }
}

function begin(draft: Draft, operation: Operation): void {
  const { state } = draft;
  const generation = operation.kind === 'reload' ? ++state.lastGeneration : state.committed;
  const plan = operation.kind === 'reload' ? undefined : planOf(draft, operation);
  if (plan?.length === 0) return;
  state.running = { operation, startedAt: draft.at, generation, ...(plan && { plan }), next: 0, replaced: 0 };
  if (operation.kind === 'reload') {
    draft.tell({ event: 'reload-started', level: 'info', generation, text: `by ${operation.by}` });
    draft.effects.push({ do: 'prepare', generation });
  }
}

function planOf(draft: Draft, operation: Exclude<Operation, { kind: 'reload' }>): Plan {
  const { state } = draft;
  if (operation.kind === 'recycle') {
    const worker = state.workers[operation.serial];
    // It may have crashed, or been replaced by a reload, while the request waited.
    if (!worker || !isComing(worker.state)) return [];
    return replaceSlot(worker.slot, draft.slot(worker.slot).generation);
  }
  const target = operation.to ?? state.size + (operation.delta ?? 0);
  if (target < 1) {
    draft.tell({
      event: 'noted',
      level: 'warn',
      text: `scale by ${operation.by} ignored: one worker is the least`,
    });
    return [];
  }
  return resize(state.size, target, state.committed);
}

/** The config is read and the app resolved: the reload becomes a plan. */
export function prepared(draft: Draft, settings: Settings): void {
  const { state } = draft;
  if (!state.running || state.running.plan) return;
  // A count set by TTIN or TTOU stands until the config itself asks for another one.
  const target = settings.workers === state.settings.workers ? state.size : settings.workers;
  state.settings = settings;
  state.running.plan = rolling(state.size, target, state.running.generation);
}

/** Returns whether the step is done, so that the next one can be taken. */
function take(draft: Draft, running: Running, step: Step): boolean {
  const { state } = draft;
  switch (step.do) {
    case 'spawn': {
      if (running.begun !== running.next) {
        running.begun = running.next;
        running.trial = draft.spawn(step.slot, step.generation).serial;
      }
      // Done when the process exists; one that ended at once fails the step after this.
      if (state.workers[running.trial ?? -1]?.state === 'spawned') return false;
      break;
    }
    case 'await-ready': {
      const trial = state.workers[running.trial ?? -1];
      if (!trial || !isComing(trial.state)) {
        fail(draft, state.lastFailure ?? 'the new worker is gone');
        return true;
      }
      if (trial.state !== 'ready') return false;
      break;
    }
    case 'drain': {
      const youngest = running.trial ?? state.lastSerial + 1;
      const older = draft.workers.filter((worker) => worker.slot === step.slot && worker.serial < youngest);
      for (const worker of older) draft.leave(worker, 'graceful');
      if (older.length > 0) return false;
      running.replaced++;
      break;
    }
    case 'resize': {
      const from = state.size;
      state.size = step.to;
      // A slot that is given up has no younger worker to be spared.
      delete running.trial;
      draft.tell({ event: 'resized', level: 'info', size: step.to, from });
      break;
    }
  }
  running.next++;
  return true;
}

function commit(draft: Draft, running: Running): void {
  const { state } = draft;
  delete state.running;
  if (running.operation.kind !== 'reload') return;
  state.committed = running.generation;
  for (const slot of Object.values(state.slots)) slot.generation = running.generation;
  finishReload(draft, running, 'committed');
}

/** Ends the operation where it stands: whoever has not been replaced goes on serving. */
export function fail(
  draft: Draft,
  reason: string,
  outcome: 'failed' | 'refused' | 'aborted' = 'failed',
): void {
  const { running } = draft.state;
  if (!running) return;
  delete draft.state.running;
  if (running.operation.kind === 'reload') finishReload(draft, running, outcome, reason);
  else {
    const text = `${running.operation.kind} by ${running.operation.by} given up: ${reason}`;
    // A TERM to the whole process group reaches the workers too: that is no failure of anything.
    draft.tell({ event: 'operation-failed', level: outcome === 'aborted' ? 'info' : 'error', text });
  }
}

function finishReload(
  draft: Draft,
  running: Running,
  outcome: 'committed' | 'failed' | 'refused' | 'aborted',
  reason?: string,
): void {
  const { state } = draft;
  const inUse = new Set([state.committed, ...Object.values(state.slots).map(({ generation }) => generation)]);
  state.proven = state.proven.filter((generation) => inUse.has(generation));
  draft.tell({
    event: 'reload-finished',
    level: outcome === 'committed' ? 'info' : 'error',
    generation: running.generation,
    outcome,
    replaced: running.replaced,
    tookMs: draft.at - running.startedAt,
    ...(reason !== undefined && { reason }),
  });
}
