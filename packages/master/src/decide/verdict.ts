/** How an operation ends: the verdict of a reload, the failure of anything else, and what is cleared away after both. */
import { type Draft, infoOf } from './draft.ts';
import type { Operation, Running, WorkerRecord } from './model.ts';
import type { Level, Outcome } from './notice.ts';
import { settleFor } from './of-scaler.ts';
import { neededGenerations, readyWorkers } from './queries.ts';
import { releaseOf } from './releases.ts';

/** Ends the reload under way. The master keeps the releases that are still needed. */
export function finishReload(draft: Draft, running: Running, outcome: Outcome, reason?: string): void {
  const { state, effects } = draft;
  const { generation, cleanUps, operation } = running;
  const { backTo } = { backTo: undefined, ...operation };
  const release = running.release ?? (backTo === undefined ? undefined : releaseOf(state, backTo));
  // The settings may be those of the release that it was for.
  const plan = planOf(operation) ?? state.settings.reload.kind;
  delete state.running;
  if (outcome === 'committed') effects.push({ do: 'use-release', generation });
  else if (running.previous) state.settings = running.previous;
  const inUse = new Set([state.committed, ...draft.workers.map((worker) => worker.generation)]);
  state.proven = state.proven.filter((proven) => inUse.has(proven));
  if (outcome !== 'committed') trim(draft);
  effects.push(
    { do: 'keep-releases', generations: [...neededGenerations(state)] },
    { do: 'report-migrations' },
  );
  draft.report({
    event: 'reload-finished',
    level: levelOf(running, outcome),
    generation,
    operation: infoOf(operation),
    outcome,
    plan,
    ...(backTo !== undefined && { backTo }),
    ...(release?.name !== undefined && { release: release.name }),
    ...(hasServed(draft, outcome) && { serving: state.committed }),
    replaced: running.replaced,
    tookMs: draft.at - running.startedAt,
    ...(reason !== undefined && { reason }),
    ...(cleanUps && { cleanUps }),
  });
}

const planOf = (operation: Operation) => (operation.kind === 'reload' ? operation.plan : undefined);

/** In watch mode a first start that fails waits for a reload. */
const hasServed = ({ state }: Draft, outcome: Outcome): boolean =>
  outcome === 'committed' || state.phase !== 'starting' || readyWorkers(state).length > 0;

function levelOf({ endLevel, cleanUps }: Running, outcome: Outcome): Level {
  if (outcome !== 'committed') return endLevel ?? 'error';
  return cleanUps ? 'warn' : 'info';
}

/** Ends an operation that is no reload where it stands. The number of workers reached is the one wanted from now on. */
export function giveUpOperation(draft: Draft, running: Running, reason: string, level: Level): void {
  const { state } = draft;
  delete state.running;
  settleFor(state, running, { at: draft.at, hasFailed: level === 'error', reason });
  refuse(draft, running.operation, `given up: ${reason}`, level);
  trim(draft);
}

/** The operation will not come to its result. */
export function refuse(draft: Draft, operation: Operation, why: string, level: Level): void {
  const text = `${operation.kind} by ${operation.by} ${why}`;
  draft.report({ event: 'operation-failed', level, operation: infoOf(operation), text });
}

/**
 * Clears away what a failed operation may leave: a worker beyond the last slot, two workers in one slot, or one that
 * waits for the plan to admit it. A worker in service stays; of two, the one of the committed release.
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
