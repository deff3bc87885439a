/** Changes of size that the scaler has asked for, and what is wanted after one that has ended early. Pure. */
import type { Operation, Running, State } from './model.ts';

export type Scale = Extract<Operation, { kind: 'scale' }>;

/** True for a change of size that the scaler has asked for: it gives way to what people ask for. */
export const isOfScaler = (operation: Operation): boolean =>
  operation.kind === 'scale' && operation.load !== undefined;

/** How an operation has ended before its result. */
interface Early {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly hasFailed: boolean;
  readonly reason: string;
}

/** The number that is wanted after an operation that has ended before its result: the size that is there. */
export function settleFor(state: State, { operation, target }: Running, early: Early): void {
  if (operation.kind !== 'scale') return;
  const { desired, size: workers } = state;
  if (isOfScaler(operation)) {
    const failures = (desired.failures ?? 0) + (early.hasFailed ? 1 : 0);
    // The figures of the decision are those of the number that has not been reached.
    state.desired = { ...desired, workers, failures, why: whyNot(target ?? workers, early), at: early.at };
  } else if (desired.range) state.desired = { ...desired, workers };
  else state.desired = { workers, by: operation.by };
}

/** One line: a reason may hold the stack of the app, which the log has. */
function whyNot(target: number, { hasFailed, reason }: Early): string {
  const [line = ''] = reason.split('\n', 1);
  return `tried ${target}${hasFailed ? ', which failed' : ''}: ${line}`;
}

/** True while the only operation under way is a growth that the scaler has asked for. */
export const isGrowing = ({ running, queue }: State): boolean =>
  queue.length === 0 &&
  running !== undefined &&
  isOfScaler(running.operation) &&
  running.plan?.[running.next]?.do === 'grow';
