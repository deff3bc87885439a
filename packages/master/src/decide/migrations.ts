/**
 * Connections that have migrated to an uncommitted release, and that its app does not resume. When they are most of
 * those that came, the release cannot do what the old one does: it is rolled back before all of them are lost.
 */
import type { Draft } from './draft.ts';
import type { MigrationCounts, WorkerRecord } from './model.ts';
import { ofUncommittedRelease } from './queries.ts';
import { fail } from './rollback.ts';

/** A smaller number may be clients whose tickets have expired, or whose own mistake it is. */
const LEAST = 10;
/** The part of the migrated connections that may fail to resume. */
const MOST_PART = 0.5;

/** The reason to roll the release back; undefined while there is none. @param last reason of the last failure */
export function whyNotResumed(
  workers: readonly (MigrationCounts | undefined)[],
  last: string | undefined,
): string | undefined {
  const sum = (of: 'taken' | 'resumeFailed') => workers.reduce((all, counts) => all + (counts?.[of] ?? 0), 0);
  const [taken, resumeFailed] = [sum('taken'), sum('resumeFailed')];
  if (resumeFailed < LEAST || resumeFailed <= taken * MOST_PART) return undefined;
  const limit = `limit: ${MOST_PART * 100}%`;
  const why = last === undefined ? '' : `; last error: ${last}`;
  return `new release rejected ${resumeFailed} of ${taken} migrated connections (${limit})${why}`;
}

const onTrial = ({ state, workers }: Draft): WorkerRecord[] =>
  workers.filter(({ serial }) => ofUncommittedRelease(state, serial));

export function arrived(draft: Draft, worker: WorkerRecord, arrivals: MigrationCounts): void {
  worker.arrivals = arrivals;
  if (!ofUncommittedRelease(draft.state, worker.serial)) return;
  const all = onTrial(draft).map(({ arrivals }) => arrivals);
  const reason = whyNotResumed(all, arrivals.last);
  if (reason !== undefined) fail(draft, reason);
}

/** True while the app of an uncommitted release has not settled all that came: no more slots follow before. */
export const isAwaited = (draft: Draft): boolean =>
  onTrial(draft).some(({ arrivals }) => arrivals?.waiting === true);
