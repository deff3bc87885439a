/** What the master has begun by itself must not keep people waiting. Pure. */
import { isComing } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Operation } from './model.ts';

const mayWait = (operation: Operation): boolean => operation.kind === 'recycle' && operation.mayWait === true;

/**
 * A recycle that a limit has asked for gives way to what a person asks for: one that waits is dropped, and one
 * under way ends where it stands. Its limit is still reached afterwards, if the worker is still there.
 */
export function giveWay(draft: Draft, operation: Operation): void {
  const { state } = draft;
  if (mayWait(operation)) return;
  state.queue = state.queue.filter((queued) => !mayWait(queued));
  const { running } = state;
  if (!running?.plan || !mayWait(running.operation)) return;
  const step = running.plan[running.next];
  // Who is being let in takes milliseconds more; what drains goes on doing so by itself.
  if (step?.do === 'admit') return;
  delete state.running;
  for (const serial of Object.values(running.trials)) {
    const trial = state.workers[serial];
    if (trial && trial.state !== 'ready' && isComing(trial.state)) draft.kill(trial);
  }
  const text = `${running.operation.kind} by ${running.operation.by} gives way to the ${operation.kind} by ${operation.by}`;
  draft.tell({ event: 'noted', level: 'info', text });
}
