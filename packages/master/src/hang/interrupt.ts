/**
 * Ends the JavaScript that keeps a process busy, without ending the process. The process stands still in that code, so
 * nothing else can be hit.
 *
 * V8 unwinds the whole stack down to Node's own C++ code. Node keeps a list of the asynchronous operations that run
 * (async_hooks), and JavaScript that is ended leaves its entries there: where the code was called by a timer, an immediate
 * or, with an active hook, a promise or `process.nextTick()`, Node then ends the process. So the worker empties that list
 * first, as Node itself does after an exception that was handled (worker/src/containment/unwind.ts).
 */
import type { Session } from './session.ts';

const UNWIND = `globalThis[Symbol.for('tshorn.stuck')].unwind() ?? true`;
/** Answered when the event loop has turned once. */
const TURN = 'new Promise((resolve) => setImmediate(resolve, true))';
/** On a busy machine, and to the code that the worker runs for it. */
const ANSWER_MS = 1_000;
/** Much has waited for the loop to turn. */
const TURN_MS = 1_000;
const PAUSE_MS = 250;
/** The code that comes next may be as stuck. */
const MOST_ROUNDS = 5;

/** @returns why the event loop does not turn; undefined when it does */
export async function interrupt(session: Session, until: number): Promise<string | undefined> {
  for (let round = 1; round <= MOST_ROUNDS && session.frames; round++) {
    const unwound = await session.evaluate(UNWIND, ANSWER_MS);
    if (unwound !== true) return typeof unwound === 'string' ? unwound : 'its debugger did not answer';
    session.order('Debugger.resume', { terminateOnResume: true });
    const left = until - performance.now();
    if ((await session.evaluate(TURN, Math.min(TURN_MS, left), { awaitPromise: true })) === true) {
      return undefined;
    }
    await session.pause(Math.min(PAUSE_MS, until - performance.now()));
  }
  return session.frames
    ? `it was interrupted ${MOST_ROUNDS} times, and still does not turn`
    : 'its debugger does not answer any more';
}
