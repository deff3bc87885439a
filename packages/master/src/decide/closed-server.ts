/** An app has closed its server and not listened again: its worker is there, and accepts nothing any more. Pure. */
import { fellOut } from './containment.ts';
import type { Draft } from './draft.ts';
import type { WorkerRecord } from './model.ts';
import { request } from './operations.ts';
import { startedByOperation } from './queries.ts';
import { STABLE_MS } from './repeats.ts';

const BY = 'an app that has closed its server';

/** Comes again and again while it is so: a replacement may have failed. */
export function closedServer(draft: Draft, worker: WorkerRecord): void {
  if (worker.state !== 'ready') return;
  const servedMs = draft.at - (worker.readyAt ?? draft.at);
  const isNews = worker.closed === undefined;
  worker.closed = true;
  if (isNews) {
    const text = `the app has closed its server ${(servedMs / 1000).toFixed(1)}s after it was ready, and has not listened again: the worker accepts no connections and is replaced; end the process after close(), or call listen() again`;
    draft.reportOf(worker, { event: 'closed-server', level: 'warn', text });
  }
  const onTrial = startedByOperation(draft.state, worker);
  if (onTrial) return fellOut(draft, worker, 'closed its server', 'it accepts no connections');
  const slot = draft.slot(worker.slot);
  if (isNews && servedMs < STABLE_MS && slot.failures > 0) {
    // Its predecessor has done the same, or crashed: replacements without a pause would follow one another for ever.
    fellOut(draft, worker, 'closed its server', 'the app closed its server');
    return draft.leave(worker, 'graceful');
  }
  if (isNews) slot.failures = 1;
  request(draft, { kind: 'recycle', serial: worker.serial, by: BY });
}
