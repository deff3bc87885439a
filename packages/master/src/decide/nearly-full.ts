/** A worker whose heap is about to be full: V8 would end it before a replacement can start first. Pure. */
import type { Draft } from './draft.ts';
import type { WorkerRecord } from './model.ts';
import { startedByOperation } from './queries.ts';

/**
 * The worker drains at once: without new requests its heap grows no more. Its slot gets a new worker beside that, by the recycle or
 * reload under way, or like any slot whose worker has left. One on trial is judged by its operation.
 */
export function nearlyFull(draft: Draft, worker: WorkerRecord, by: string): void {
  if (worker.state !== 'ready' || startedByOperation(draft.state, worker)) return;
  const text = `leaves at once, and its replacement starts beside it: ${by}`;
  draft.reportOf(worker, { event: 'nearly-full', level: 'warn', text });
  draft.leave(worker, 'graceful');
}
