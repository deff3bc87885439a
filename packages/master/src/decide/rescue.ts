/** How much time a worker that has crashed or hangs gets. Pure. */
import type { DrainMode } from '@tshorn/core';
import { type Draft, KILL_MARGIN_MS } from './draft.ts';
import type { WorkerRecord } from './model.ts';

/** Longest time from a hang to the answer of the attempt to save what the worker has, in milliseconds. */
export const RESCUE_MS = 6_000;

/** Sets the timer of the attempt. A drain that is under way ends no later because the worker hangs. */
export function awaitRescue(
  draft: Draft,
  { serial, drainsUntil = Number.POSITIVE_INFINITY }: WorkerRecord,
): void {
  const left = drainsUntil + KILL_MARGIN_MS - draft.at;
  draft.setTimer(`rescue:${serial}`, Math.max(0, Math.min(RESCUE_MS, left)));
}

/** The server stops: a worker that ends anyway has no more time than the others, and no more than its own. */
export function hurryEnding(draft: Draft, worker: WorkerRecord, mode: DrainMode): void {
  const { grace, quickGrace } = draft.state.settings;
  const atMostMs = mode === 'quick' ? Math.min(quickGrace, grace) : grace;
  if (worker.state === 'failing') return draft.fail(worker, worker.failure?.cause ?? 'crash', atMostMs);
  worker.drainsUntil = Math.min(worker.drainsUntil ?? Number.POSITIVE_INFINITY, draft.at + atMostMs);
  awaitRescue(draft, worker);
}
