/**
 * A crash or a hang of a worker in service, contained: the request that caused it is lost, the worker finishes the others,
 * and its replacement starts first. Pure.
 */
import type { Culprit } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Rescue } from './events.ts';
import type { WorkerRecord } from './model.ts';
import { fellOut } from './supervise.ts';

/** An exception that nobody caught: the worker leaves, after its other requests. */
export function crashed(draft: Draft, worker: WorkerRecord, reason: string, _culprit: Culprit): void {
  const servedMs = draft.at - (worker.readyAt ?? draft.at);
  const isComing = worker.state === 'ready' || worker.state === 'admitted';
  if (!draft.become(worker, 'failing')) return;
  const text = `${reason}, after ${(servedMs / 1000).toFixed(1)}s of service`;
  draft.reportOf(worker, { event: 'crashed', level: 'error', text });
  draft.fail(worker, 'crash');
  if (isComing) fellOut(draft, worker, 'ended', text);
}

/** What can be saved has been saved. */
export function rescued(draft: Draft, worker: WorkerRecord, rescue: Rescue): void {
  if (worker.state !== 'hung') return;
  draft.clearTimer(`rescue:${worker.serial}`);
  if (rescue.outcome === 'stuck') draft.kill(worker);
  else if (draft.become(worker, 'failing')) draft.fail(worker, 'hang');
}

export function turnsAgain(_draft: Draft, _worker: WorkerRecord, _culprit: Culprit): void {}
