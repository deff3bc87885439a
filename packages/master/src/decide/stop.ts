/**
 * Stopping. A graceful stop may be announced first (`--stop-delay`): the server serves until clients and balancers
 * have noticed. Workers that crash meanwhile are replaced, a reload that was under way goes on, nothing new begins.
 */
import { EXIT } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Event } from './events.ts';
import { announceLeaving } from './leave.ts';
import type { State, StopMode, WorkerRecord } from './model.ts';
import { isEnding } from './queries.ts';
import { hurryEnding } from './rescue.ts';
import { fail } from './rollback.ts';

type StopRequest = Omit<Extract<Event, { type: 'stop-requested' }>, 'type'>;

const RANK: Record<StopMode, number> = { graceful: 0, quick: 1, now: 2 };

export function stop(draft: Draft, { mode, by, newMaster }: StopRequest): void {
  const { state } = draft;
  // A second request makes the stop faster, never slower.
  if (state.stop && RANK[mode] <= RANK[state.stop.mode]) return;
  // After a re-exec the new master serves: clients have nothing to notice.
  if (!newMaster && isAnnounced(draft, mode)) return announce(draft, by);
  draft.report({ event: 'stopping', level: 'info', text: `${mode} stop by ${by}` });
  state.stopBy = by;
  if (state.running) state.running.endLevel = 'info';
  fail(draft, `stopped by ${by}`, 'aborted');
  begin(draft, { mode, exitCode: state.stop?.exitCode ?? EXIT.ok, ...(newMaster && { newMaster }) });
}

const isAnnounced = (draft: Draft, mode: StopMode): boolean =>
  mode === 'graceful' && draft.state.phase === 'running' && delayOf(draft) > 0;

/** A server that was told to leave has been noticed for that long already. */
const delayOf = ({ state: { settings, left }, at }: Draft): number =>
  left ? settings.stopDelay - (at - left.at) : settings.stopDelay;

function announce(draft: Draft, by: string): void {
  const { state } = draft;
  const delay = Math.ceil(delayOf(draft));
  state.phase = 'leaving';
  state.stopBy = by;
  state.stopAt = draft.at + delay;
  state.queue = [];
  draft.setTimer('leaving', delay);
  const text = `graceful stop by ${by} in ${delay / 1000} s (--stop-delay); a second request stops now`;
  draft.report({ event: 'leaving', level: 'info', text });
  for (const worker of draft.workers) announceLeaving(draft, worker);
}

/** The first start has failed for good: everything ends with this exit code. */
export function giveUp(draft: Draft, exitCode: number, text: string): void {
  draft.report({ event: 'stopping', level: 'fatal', text });
  begin(draft, { mode: 'now', exitCode });
}

function begin(draft: Draft, how: NonNullable<State['stop']>): void {
  const { state } = draft;
  const { mode } = how;
  if (!state.stop) draft.effects.push({ do: 'close-listeners' });
  state.phase = 'draining';
  state.stop = how;
  state.queue = [];
  draft.clearTimer('start');
  if (state.changing) draft.clearTimer(state.changing.to);
  delete state.changing;
  draft.clearTimer('leaving');
  for (const [slot, record] of Object.entries(state.slots)) {
    if (record.respawnPending) draft.clearTimer(`respawn:${Number(slot)}`);
    record.respawnPending = false;
  }
  // The new master goes on accepting from the same sockets.
  if (!how.newMaster && mode !== 'now') shareQueue(draft.workers);
  for (const worker of draft.workers) {
    if (mode === 'now') draft.kill(worker);
    else if (worker.state === 'draining') draft.hurry(worker, mode);
    else if (isEnding(worker)) hurryEnding(draft, worker, mode);
    else draft.leave(worker, mode);
  }
}

/**
 * Who accepts now empties the kernel's queue before it stops. One does so to the end: only the last holder of a socket can
 * see to it that nobody gets in behind the last look.
 */
function shareQueue(workers: readonly WorkerRecord[]): void {
  const accepting = workers.filter(({ state }) => state === 'ready' || state === 'admitted');
  for (const worker of accepting) worker.emptyQueue = 'together';
  const last = accepting.at(-1);
  if (last) last.emptyQueue = 'last';
}

/** The last worker closes its listeners when all others have closed theirs, or have ended. */
export function tellLast(draft: Draft): void {
  const [worker, ...others] = draft.workers.filter(({ emptyQueue }) => emptyQueue);
  if (worker?.emptyQueue !== 'last' || others.length > 0) return;
  delete worker.emptyQueue;
  draft.effects.push({ do: 'last-to-accept', serial: worker.serial });
}

export function finishWhenEmpty(draft: Draft): void {
  const { state } = draft;
  if (state.phase === 'stopped' || draft.workers.length > 0) return;
  state.phase = 'stopped';
  const { exitCode = EXIT.ok, cleanUps } = state.stop ?? {};
  const level = exitCode !== 0 ? 'error' : cleanUps ? 'warn' : 'info';
  draft.report({ event: 'stopped', level, text: `exit code ${exitCode}`, ...(cleanUps && { cleanUps }) });
  draft.effects.push({ do: 'finish', exitCode });
}
