/** Changes of size that the scaler has asked for, and what is wanted after one that has ended early. Pure. */
import type { Operation, Running, State } from './model.ts';

export type Scale = Extract<Operation, { kind: 'scale' }>;

/** True for a change of size that the scaler has asked for: it gives way to what people ask for. */
export const isOfScaler = (operation: Operation): boolean =>
  operation.kind === 'scale' && operation.load !== undefined;

/** What is wanted after an operation that has ended before its result: the size that is there. */
export function settleFor(state: State, { operation }: Running, hasFailed: boolean): void {
  if (operation.kind !== 'scale') return;
  const { desired, size: workers } = state;
  if (isOfScaler(operation)) {
    const failures = (desired.failures ?? 0) + (hasFailed ? 1 : 0);
    state.desired = { ...desired, workers, failures };
  } else if (desired.range) state.desired = { ...desired, workers };
  else state.desired = { workers, by: operation.by };
}

/** True while the only operation under way is a growth that the scaler has asked for. */
export const isGrowing = ({ running, queue }: State): boolean =>
  queue.length === 0 &&
  running !== undefined &&
  isOfScaler(running.operation) &&
  running.plan?.[running.next]?.do === 'grow';
