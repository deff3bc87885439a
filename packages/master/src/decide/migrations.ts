/**
 * Connections that have moved to a release on trial with a state, and that its app does not go on with. When they are
 * most of those that came, the release cannot do what the old one does: it is rolled back before all of them are lost.
 */
import type { Draft } from './draft.ts';
import type { MigrationCounts, State, WorkerRecord } from './model.ts';
import { fail } from './rollback.ts';

/** Fewer are clients whose tickets have expired, or a mistake that only they can make. */
const LEAST = 10;
/** With no more than this part of them closed, the app goes on with the others. */
const MOST_PART = 0.5;

/** Why the release is rolled back; undefined while it need not be. @param last what was said of the last one */
export function whyNotGoingOn(
  workers: readonly (MigrationCounts | undefined)[],
  last: string | undefined,
): string | undefined {
  const sum = (of: 'taken' | 'resumeFailed') => workers.reduce((all, counts) => all + (counts?.[of] ?? 0), 0);
  const [taken, resumeFailed] = [sum('taken'), sum('resumeFailed')];
  if (resumeFailed < LEAST || resumeFailed <= taken * MOST_PART) return undefined;
  const most = `${resumeFailed} of ${taken} that moved to it were closed there`;
  const why = last === undefined ? '' : `; last: ${last}`;
  return `the new release does not go on with its connections: ${most}${why}`;
}

/** Whether the worker is of a release that can still be rolled back. */
export function isOnTrial({ running, workers }: State, serial: number): boolean {
  if (running?.operation.kind !== 'reload' || running.committed || running.rollingBack !== undefined)
    return false;
  return workers[serial]?.generation === running.generation;
}

const onTrial = ({ state, workers }: Draft): WorkerRecord[] =>
  workers.filter(({ serial }) => isOnTrial(state, serial));

export function arrived(draft: Draft, worker: WorkerRecord, arrivals: MigrationCounts): void {
  worker.arrivals = arrivals;
  if (!isOnTrial(draft.state, worker.serial)) return;
  const all = onTrial(draft).map(({ arrivals }) => arrivals);
  const reason = whyNotGoingOn(all, arrivals.last);
  if (reason !== undefined) fail(draft, reason);
}

/** Whether the app of a release on trial has not said yet what becomes of what came: no more slots follow before. */
export const isAwaited = (draft: Draft): boolean =>
  onTrial(draft).some(({ arrivals }) => arrivals?.waiting === true);
