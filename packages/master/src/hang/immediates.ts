/**
 * Immediates (`setImmediate`) of the turn in which one is stuck. Node takes their list in hand and notes after each where it
 * goes on (processImmediate, lib/internal/timers.js, the same in Node 20, 22, 24 and 26): where the JavaScript is ended from
 * outside it does not come to that. The list is then lost, or the next turn begins with an immediate that has run, which
 * ends the process.
 */
import type { Frame } from './frames.ts';
import type { Session } from './session.ts';

const isTheirs = ({ function: name, file }: Frame) =>
  name === 'processImmediate' && file === 'node:internal/timers';

/** Between two of them, `immediate` is the next one. */
const GO_ON = `(() => {
  if (typeof immediate?._destroyed !== 'boolean' || !('_idleNext' in immediate) || !('head' in outstandingQueue)) return false;
  outstandingQueue.head = immediate._destroyed ? immediate._idleNext : immediate;
  return true;
})()`;

/**
 * Has Node go on behind the immediate that is stuck, if it is one, when that is ended.
 * @returns false where that is not possible
 */
export async function keepImmediates(session: Session, withinMs: number): Promise<boolean> {
  if (!session.frames?.some(isTheirs)) return true;
  return (await session.evaluateIn(isTheirs, GO_ON, withinMs)) === true;
}
