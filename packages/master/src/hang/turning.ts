/**
 * Finds out if the event loop of a process turns. A debugger that answers is no proof: a process whose promise callbacks
 * never end (`for (;;) await null`) serves questions between two of them.
 */
import type { Session } from './session.ts';

/** Answered when the event loop has turned. */
const TURN = 'new Promise((resolve) => setImmediate(resolve, true))';
/** Milliseconds of one attempt to have it stand still. */
const PAUSE_MS = 250;
const TURN_MS = 1_000;

/** True when the event loop turns, as far as it does within this time. */
export const turns = async (session: Session, withinMs: number): Promise<boolean> =>
  (await session.evaluate(TURN, withinMs, { awaitPromise: true })) === true;

/**
 * Has a process that runs stand still in code that is stuck.
 * @param firstMs longest time for its event loop to turn before it is paused
 * @param until on the clock of performance.now()
 * @returns undefined where neither is known in time
 */
export async function turnsOrStands(
  session: Session,
  firstMs: number,
  until: number,
): Promise<'turns' | 'stands' | undefined> {
  const within = (ms: number) => Math.max(0, Math.min(ms, until - performance.now()));
  for (let ms = firstMs; !session.isClosed && performance.now() < until; ms = TURN_MS) {
    if (await turns(session, within(ms))) return 'turns';
    await session.pause(within(PAUSE_MS));
    if (session.frames) return 'stands';
  }
  return undefined;
}
