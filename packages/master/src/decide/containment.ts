/**
 * A crash or a hang of a worker that serves or drains: the request that caused it is lost, the worker finishes the others
 * and ends, and its replacement starts first. contained.ts says what it has cost. Pure.
 */
import { type Culprit, isComing, type WorkerState } from '@tshorn/core';
import { failed } from './backoff.ts';
import type { Draft } from './draft.ts';
import type { Rescue, WorkerRecord } from './model.ts';
import { startedByOperation } from './queries.ts';
import { STABLE_MS } from './repeats.ts';
import { awaitRescue } from './rescue.ts';
import { fail } from './rollback.ts';
import { broken } from './supervise.ts';

/** An exception that nobody caught: the worker leaves, after its other requests. */
export function crashed(draft: Draft, worker: WorkerRecord, reason: string, culprit: Culprit): void {
  const { state } = worker;
  // The worker drains already. A second exception ends it, and this is no message of ours.
  if (state === 'failing' || !draft.become(worker, 'failing')) return;
  draft.clearTimer(`boot:${worker.serial}`);
  draft.clearTimer(`rescue:${worker.serial}`);
  const text = isComing(state) ? `${reason}, after ${servedFor(draft, worker)}` : reason;
  const { request } = culprit;
  draft.reportOf(worker, { event: 'crashed', level: 'error', text, ...(request && { culprit: request }) });
  beginFailing(draft, worker, 'crash');
  if (worker.failure) worker.failure.culprit ??= culprit;
  if (isComing(state)) fellOut(draft, worker, 'crashed', text);
}

/** `12.3s of service` */
export const servedFor = ({ at }: Draft, { readyAt = at }: WorkerRecord): string =>
  `${((at - readyAt) / 1000).toFixed(1)}s of service`;

function beginFailing(draft: Draft, worker: WorkerRecord, cause: 'crash' | 'hang'): void {
  worker.failure ??= { cause, at: draft.at };
  delete worker.park;
  draft.fail(worker, cause, draft.state.settings.crashGrace);
}

/** Nothing is to be saved before it serves, and after its last connection. */
const hasNothing = ({ state, drained }: WorkerRecord) =>
  state === 'probed' || state === 'parked' || drained === true;

/** While they boot, a hang is one more reason why they do not come up. */
const ON_ITS_WAY: readonly WorkerState[] = ['spawned', 'booting', 'probing'];

/** The event loop is stuck. The slot is filled again while the worker's stack is still being read. */
export function hung(draft: Draft, worker: WorkerRecord, silentMs: number): void {
  const { state } = worker;
  if (state === 'killed' || state === 'hung') return;
  const text = `no heartbeat for ${(silentMs / 1000).toFixed(1)}s (--timeout)`;
  if (ON_ITS_WAY.includes(state)) return broken(draft, worker, text, { reason: 'hung' });
  // Before the slot's failure is counted or a plan is rolled back: neither may reckon with this worker any more.
  const { killsHung } = draft.state.settings;
  if (!killsHung && !hasNothing(worker) && draft.become(worker, 'hung')) {
    draft.reportOf(worker, { event: 'rescuing', level: 'warn', text });
    draft.clearTimer(`boot:${worker.serial}`);
    draft.clearTimer(`drain:${worker.serial}`);
    worker.failure ??= { cause: 'hang', at: draft.at };
    draft.effects.push({ do: 'rescue', serial: worker.serial });
    awaitRescue(draft, worker);
  } else {
    if (killsHung && !hasNothing(worker)) {
      worker.failure ??= { cause: 'hang', at: draft.at };
      worker.failure.rescue ??= { outcome: 'stuck', rescued: 0, why: killsHung };
    }
    draft.reportOf(worker, { event: 'killed', level: 'warn', text });
    draft.kill(worker, 'hung');
  }
  if (isComing(state)) fellOut(draft, worker, 'hung', text);
}

/** The attempt to save what it has is over. */
export function rescued(draft: Draft, worker: WorkerRecord, rescue: Rescue): void {
  if (worker.state !== 'hung') return;
  if (worker.failure) worker.failure.rescue = rescue;
  draft.clearTimer(`rescue:${worker.serial}`);
  if (rescue.outcome === 'stuck') draft.kill(worker);
  else if (draft.become(worker, 'failing')) beginFailing(draft, worker, 'hang');
}

/** The attempt to save what it has did not end in time. */
export function stayedStuck(draft: Draft, worker: WorkerRecord): void {
  rescued(draft, worker, { outcome: 'stuck', rescued: 0, why: 'no answer in time' });
}

/** The request that was stuck is settled. */
export function turnsAgain({ state, failure }: WorkerRecord, culprit: Culprit): void {
  if (state === 'failing' && failure?.rescue) failure.culprit ??= culprit;
}

/** A worker in service has ended, or has to be ended, without an order. */
export function fellOut(
  draft: Draft,
  worker: WorkerRecord,
  how: 'ended' | 'crashed' | 'hung' | 'closed its server',
  text: string,
): void {
  // A trial's failures are the operation's, not the slot's: the old release need not wait for them.
  if (startedByOperation(draft.state, worker)) return fail(draft, `a new worker ${how}: ${text}`);
  const servedMs = draft.at - (worker.readyAt ?? draft.at);
  const { failures } = draft.slot(worker.slot);
  failed(draft, worker, servedMs >= STABLE_MS ? 1 : failures + 1, text);
}
