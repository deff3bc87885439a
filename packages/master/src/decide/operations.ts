/**
 * Carries out one operation at a time: takes it from the queue, turns it into a plan, walks its steps as the workers
 * report, and ends it. A crash is no operation: that is supervise.ts.
 */
import { isComing, type WorkerState } from '@tshorn/core';
import { holdAll } from './backoff.ts';
import { countOf, isSameCount } from './desired.ts';
import { type Draft, infoOf } from './draft.ts';
import type { Event } from './events.ts';
import type { Operation, Running, State, WorkerRecord } from './model.ts';
import { isOfScaler, settleFor } from './of-scaler.ts';
import { drainSlotFirst, mostAtOnce, type Plan, reloadPlan, replaceSlot, type Step } from './plan.ts';
import { readyWorkers } from './queries.ts';
import { bringsBack, releaseOf } from './releases.ts';
import { fail } from './rollback.ts';
import { joinsGrowth, scalePlan } from './scale.ts';
import { take } from './steps.ts';
import { autoSurge, describeSurge } from './surge.ts';
import { finishReload, refuse } from './verdict.ts';

export function request(draft: Draft, operation: Operation): void {
  const { state } = draft;
  if (state.phase === 'leaving' || state.phase === 'draining' || state.phase === 'stopped') {
    // A signal to the whole process group reaches the workers too, and each one asks to leave, which it does anyway.
    const isEcho = operation.kind === 'recycle' && operation.ids === undefined;
    return refuse(draft, operation, 'ignored: the server is stopping', isEcho ? 'debug' : 'info');
  }
  if (operation.kind === 'reload' && joinsWaiting(draft, operation)) return;
  if (operation.kind === 'recycle' && isAsked(draft, operation)) return;
  if (joinsGrowth(draft, operation)) return;
  giveWay(draft, operation);
  const isAgain = supersede(draft, operation);
  if (operation.kind !== 'reload') state.queue.push(operation);
  else {
    if (state.running) {
      const text = `reload by ${operation.by} queued behind the ${state.running.operation.kind} under way`;
      draft.report({ event: 'noted', level: operation.because === undefined ? 'info' : 'debug', text });
    }
    state.queue.push({ ...operation, ...(isAgain && { isAgain }) });
  }
}

/**
 * A second HUP asks for the newest code, and the reload that waits brings it, by the plan that was named last. The order of a
 * reload and a rollback is that of the requests.
 */
function joinsWaiting({ state }: Draft, operation: Extract<Operation, { kind: 'reload' }>): boolean {
  const at = state.queue.findLastIndex(({ kind }) => kind === 'reload');
  const waiting = state.queue[at];
  if (waiting?.kind !== 'reload' || waiting.backTo !== operation.backTo) return false;
  const ids = [...(waiting.ids ?? []), ...(operation.ids ?? [])];
  state.queue[at] = { ...(operation.plan ? operation : waiting), ...(ids.length > 0 && { ids }) };
  return true;
}

/** An app can repeat its wish to leave as often as it likes, and each operation that waits slows every event down. */
const isAsked = ({ state }: Draft, { serial, by, ids }: Extract<Operation, { kind: 'recycle' }>): boolean =>
  ids === undefined &&
  [state.running?.operation, ...state.queue].some(
    (asked) => asked?.kind === 'recycle' && asked.serial === serial && asked.by === by,
  );

const mayWait = (operation: Operation): boolean =>
  isOfScaler(operation) || (operation.kind === 'recycle' && operation.mayWait === true);

/**
 * A recycle that a limit has asked for, and a size that the load has asked for, give way to what a person asks for: one that
 * waits is dropped, one under way ends where it stands. Limit and load are still there afterwards.
 */
function giveWay(draft: Draft, operation: Operation): void {
  const { state } = draft;
  if (mayWait(operation)) return;
  state.queue = state.queue.filter((queued) => !mayWait(queued));
  const { running } = state;
  if (!running?.plan || !mayWait(running.operation)) return;
  const step = running.plan[running.next];
  // A worker that is being admitted takes milliseconds more; one that drains goes on doing so by itself.
  if (step?.do === 'admit') return;
  delete state.running;
  const reason = `it gave way to the ${operation.kind} by ${operation.by}`;
  settleFor(state, running, { at: draft.at, hasFailed: false, reason });
  for (const serial of Object.values(running.trials)) {
    const trial = state.workers[serial];
    if (trial && trial.state !== 'ready' && isComing(trial.state)) draft.kill(trial);
  }
  const text = `${running.operation.kind} by ${running.operation.by} gives way to the ${operation.kind} by ${operation.by}`;
  draft.report({ event: 'noted', level: 'info', text });
}

/**
 * In watch mode the newest save is served soonest: workers on their way that do not serve yet end for it.
 * Returns true where a reload has ended for another one of the same files.
 */
function supersede(draft: Draft, operation: Operation): boolean {
  const { running } = draft.state;
  if (operation.kind !== 'reload' || operation.because === undefined) return false;
  if (running) {
    if (running.operation.kind !== 'reload' || running.committed || running.rollingBack !== undefined)
      return false;
    const isLate = ({ state, generation }: WorkerRecord) =>
      generation === running.generation && (state === 'admitted' || state === 'ready');
    if (draft.workers.some(isLate)) return false;
  }
  for (const worker of draft.workers) if (IN_VAIN.includes(worker.state)) draft.kill(worker);
  if (running?.operation.kind !== 'reload') return false;
  running.endLevel = 'debug';
  fail(draft, operation.because, 'aborted');
  return running.operation.because === operation.because;
}

/** On the way to serve code that has changed since. */
const IN_VAIN: readonly WorkerState[] = ['spawned', 'booting', 'probing', 'probed'];

/** Walks as far as it can: starts the operation that waits, and takes every step whose condition holds. */
export function advance(draft: Draft): void {
  // A reload that was under way goes on while the server is leaving; nothing new begins.
  while (mayAdvance(draft.state)) {
    const { running } = draft.state;
    if (!running) {
      const operation = draft.state.phase !== 'leaving' && draft.state.queue.shift();
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

/** In watch mode a first start that fails waits for a reload. */
const mayAdvance = ({ phase, settings }: State): boolean =>
  phase === 'running' || phase === 'leaving' || (phase === 'starting' && settings.watch);

function begin(draft: Draft, operation: Operation): void {
  const { state } = draft;
  const isReload = operation.kind === 'reload';
  const generation = isReload ? ++state.lastGeneration : state.committed;
  const plan = isReload ? undefined : planOf(draft, operation);
  if (plan?.length === 0) return;
  state.running = {
    operation,
    startedAt: draft.at,
    generation,
    ...(plan && { plan }),
    ...(operation.kind === 'scale' && { target: state.desired.workers }),
    next: 0,
    trials: {},
    replaced: 0,
    committed: false,
    attempts: 0,
  };
  if (!isReload) return;
  const { plan: kind, because, isAgain, backTo } = operation;
  const release = backTo === undefined ? undefined : releaseOf(state, backTo);
  // The release may have been served again, by another generation, while the request waited.
  const from = backTo === undefined ? undefined : { backTo: release?.generation ?? backTo };
  draft.report({
    event: 'reload-started',
    level: isAgain ? 'debug' : 'info',
    generation,
    operation: infoOf(operation),
    ...(kind && { plan: kind }),
    ...from,
    ...(release?.name !== undefined && { release: release.name }),
    ...(because !== undefined && { because }),
  });
  draft.effects.push({ do: 'prepare', generation, ...from });
}

function planOf(draft: Draft, operation: Exclude<Operation, { kind: 'reload' }>): Plan {
  return operation.kind === 'recycle' ? recyclePlan(draft, operation) : scalePlan(draft, operation);
}

function recyclePlan(draft: Draft, operation: Extract<Operation, { kind: 'recycle' }>): Plan {
  const { state } = draft;
  const worker = state.workers[operation.serial];
  // The worker may have crashed, or been replaced by a reload, while the request waited.
  if (!worker || !isComing(worker.state)) return [];
  draft.reportOf(worker, { event: 'recycling', level: 'info', text: `by ${operation.by}` });
  const plan = operation.drainFirst ? drainSlotFirst : replaceSlot;
  return plan(worker.slot, state.committed);
}

/** The config is read and the app resolved: the reload becomes a plan. */
export function prepared(draft: Draft, event: Extract<Event, { type: 'prepared' }>): void {
  const { generation, settings, release: name, sameAs, sameFiles, room } = event;
  const { state } = draft;
  const { running } = state;
  // A reload that has been aborted meanwhile is not the one under way.
  if (running?.operation.kind !== 'reload' || running.plan || running.generation !== generation) return;
  // A number of workers set by TTIN or `scale` stands until the config itself asks for another one.
  if (!isSameCount(countOf(settings), countOf(state.settings))) running.wanted = countOf(settings);
  running.previous = state.settings;
  state.settings = settings;
  const same = running.operation.backTo ?? sameAs;
  const known = same === undefined ? undefined : releaseOf(state, same);
  const { origin } = known ?? { origin: generation };
  running.release = { generation, origin, ...(name !== undefined && { name }) };
  if (sameFiles && known) {
    const text = `the files of gen=${known.generation} are those that serve: this rollback brings its settings and environment back, and no other code`;
    draft.report({ event: 'same-files', level: 'warn', generation: known.generation, text });
  }
  const warning = bringsBack(state, running);
  if (warning !== undefined) draft.report({ event: 'noted', level: 'warn', text: warning });
  const kind = running.operation.plan ?? settings.reload.kind;
  const ready = readyWorkers(state);
  const auto = autoSurge(state.size, ready, room);
  const plan = reloadPlan(state.size, generation, { ...settings.reload, kind, auto });
  if (room) {
    const text = describeSurge(mostAtOnce(plan, settings.reload.parallelism), ready, room);
    draft.report({ event: 'noted', level: 'debug', text });
  }
  running.plan = plan;
}

function conclude(draft: Draft, running: Running): void {
  const { state } = draft;
  if (running.operation.kind !== 'reload') delete state.running;
  else if (running.rollingBack !== undefined) {
    // In watch mode nothing is started from the old release: its code is in the files no more.
    const isOut = state.settings.watch && readyWorkers(state).length === 0;
    finishReload(draft, running, isOut ? 'failed' : 'rolled-back', running.rollingBack);
    // With the plan `replace` the old workers have left, and what is in the files has just failed.
    if (isOut) holdAll(draft, running.rollingBack);
  } else {
    finishReload(draft, running, 'committed');
    const { wanted } = running;
    if (wanted === undefined) return;
    if (wanted === state.size) state.desired = { workers: wanted, by: 'config' };
    else {
      const size = typeof wanted === 'number' ? { to: wanted } : { range: wanted };
      state.queue.unshift({ kind: 'scale', by: 'config', ...size });
    }
  }
}
