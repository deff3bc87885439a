/** A worker whose event loop is stuck is given up: its slot is filled anew while it is still being asked why. */
import { isComing } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { WorkerRecord } from './model.ts';
import { broken, fellOut } from './supervise.ts';

export function hung(draft: Draft, worker: WorkerRecord, silentMs: number): void {
  const { state } = worker;
  if (state === 'killed') return;
  const text = `it gives no heartbeat for ${(silentMs / 1000).toFixed(1)}s (--timeout)`;
  if (state === 'spawned' || state === 'booting' || state === 'probing') {
    return broken(draft, worker, text, { reason: 'hung' });
  }
  draft.tellOf(worker, { event: 'killed', level: 'warn', text });
  // Before the slot's failure is counted or a plan is rolled back: neither must reckon with it any more.
  draft.clearTimer(`drain:${worker.serial}`);
  draft.kill(worker, 'hung');
  if (isComing(state)) fellOut(draft, worker, 'hung', text);
}
