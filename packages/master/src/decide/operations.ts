/**
 * Carries out one operation at a time: takes it from the queue, turns it into a plan, walks its steps
 * as the workers report, and ends it with a verdict. Never called for a crash: that is supervise.ts.
 */
import { isComing, MOST_WORKERS } from '@tshorn/core';
import { hasten } from './backoff.ts';
import type { Draft } from './draft.ts';
import type { Operation, Running, Settings } from './model.ts';
import { type Plan, reloadPlan, replaceSlot, resize, type Step } from './plan.ts';
import { finishReload } from './rollback.ts';
import { take } from './steps.ts';
import { respawn } from './supervise.ts';
import { giveWay } from './waiting.ts';

export function request(draft: Draft, operation: Operation): void {
  const { state } = draft;
  if (state.phase === 'leaving' || state.phase === 'draining' || state.phase === 'stopped') {
    draft.tell({
      event: 'noted',
      level: 'info',
      text: `${operation.kind} by ${operation.by} ignored: stopping`,
    });
    return;
  }
  if (operation.kind === 'reload') {
    // A second HUP asks for the newest code, and the one that waits will bring it, by the plan asked for last.
    const waiting = state.queue.findIndex((queued) => queued.kind === 'reload');
    if (waiting !== -1) {
      if (operation.plan) state.queue[waiting] = operation;
      return;
    }
  }
  giveWay(draft, operation);
  if (operation.kind === 'reload' && state.running)
    draft.tell({ event: 'noted', level: 'info', text: `reload by ${operation.by} queued` });
  state.queue.push(operation);
}

/** Walks as far as it can: starts what waits, and takes every step whose condition holds. */
export function advance(draft: Draft): void {
  // A reload that was under way goes on while the server is leaving; nothing new begins.
  while (draft.state.phase === 'running' || draft.state.phase === 'leaving') {
    const { running } = draft.state;
    if (!running) {
      const operation = draft.state.phase === 'running' && draft.state.queue.shift();
      if (!operation) return;
      begin(draft, operation);
    } else if (!running.plan) {
      return;
    } else if (running.next >= running.plan.length) {
      conclude(draft, running);
    } else if (!take(draft, running, running.plan[running.next] as Step)) {
      return;
    }
  }
}

function begin(draft: Draft, operation: Operation): void {
  const { state } = draft;
  const isReload = operation.kind === 'reload';
  const generation = isReload ? ++state.lastGeneration : state.committed;
  const plan = isReload ? undefined : planOf(draft, operation);
  if (operation.kind === 'scale') {
    for (const slot of hasten(draft, targetOf(draft, operation))) respawn(draft, slot);
  }
  if (plan?.length === 0) return;
  state.running = {
    operation,
    startedAt: draft.at,
    generation,
    ...(plan && { plan }),
    next: 0,
    trials: {},
    replaced: 0,
    committed: false,
    attempts: 0,
  };
  if (!isReload) return;
  const { by, plan: asked } = operation;
  const text = `by ${by}`;
  draft.tell({ event: 'reload-started', level: 'info', generation, text, ...(asked && { plan: asked }) });
  draft.effects.push({ do: 'prepare', generation });
}

const targetOf = ({ state }: Draft, { to, delta = 0 }: Extract<Operation, { kind: 'scale' }>): number =>
  to ?? state.size + delta;

function planOf(draft: Draft, operation: Exclude<Operation, { kind: 'reload' }>): Plan {
  const { state } = draft;
  if (operation.kind === 'recycle') {
    const worker = state.workers[operation.serial];
    // It may have crashed, or been replaced by a reload, while the request waited.
    if (!worker || !isComing(worker.state)) return [];
    draft.tellOf(worker, { event: 'recycling', level: 'info', text: `by ${operation.by}` });
    return replaceSlot(worker.slot, state.committed);
  }
  const target = targetOf(draft, operation);
  if (target < 1 || target > MOST_WORKERS) {
    const limit = target < 1 ? 'one worker is the least' : `${MOST_WORKERS} workers are the most`;
    draft.tell({ event: 'noted', level: 'warn', text: `scale by ${operation.by} ignored: ${limit}` });
    return [];
  }
  return resize(state.size, target, state.committed);
}

/** The config is read and the app resolved: the reload becomes a plan. */
export function prepared(draft: Draft, generation: number, settings: Settings): void {
  const { state } = draft;
  const { running } = state;
  // A reload that has been aborted meanwhile is not the one under way.
  if (running?.operation.kind !== 'reload' || running.plan || running.generation !== generation) return;
  // A count set by TTIN or TTOU stands until the config itself asks for another one.
  running.target = settings.workers === state.settings.workers ? state.size : settings.workers;
  running.previous = state.settings;
  state.settings = settings;
  const kind = running.operation.plan ?? settings.reload.kind;
  running.plan = reloadPlan(state.size, generation, { ...settings.reload, kind });
}

function conclude(draft: Draft, running: Running): void {
  const { state } = draft;
  if (running.operation.kind !== 'reload') delete state.running;
  else if (running.rollingBack !== undefined)
    finishReload(draft, running, 'rolled-back', running.rollingBack);
  else {
    finishReload(draft, running, 'committed');
    const { by } = running.operation;
    if (running.target !== undefined && running.target !== state.size) {
      state.queue.unshift({ kind: 'scale', to: running.target, by });
    }
  }
}
