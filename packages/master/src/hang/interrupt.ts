/**
 * Ends the JavaScript that keeps a process busy, without ending the process. The process stands still in that code, so
 * nothing else can be hit.
 *
 * V8 unwinds the whole stack down to Node's own C++ code. Node keeps a list of the asynchronous operations that run
 * (async_hooks), and JavaScript that is ended leaves its entries there, for which Node ends the process: always below a
 * timer or an immediate, and with an active hook below a promise or `process.nextTick()` too. So the worker empties that
 * list first, as Node itself does after an exception that was handled (worker/src/containment/unwind.ts).
 */
import { oneLine } from '@tshorn/core';
import { isInPromiseHook } from './frames.ts';
import { keepImmediates } from './immediates.ts';
import type { Session } from './session.ts';
import { turnsOrStands } from './turning.ts';

/** Remembers the request, for its answer, and empties the list. */
const PREPARE = `(() => {
  const stuck = globalThis[Symbol.for('tshorn.stuck')];
  stuck.mark();
  return stuck.unwind() ?? true;
})()`;
const ANSWER_MS = 1_000;
/** Characters. The app may have replaced the function that answers. */
const LONGEST_REASON = 200;
/** Much has waited for the loop to turn. */
const TURN_MS = 1_000;
const PAUSE_MS = 250;
/** The code that comes next may be as stuck. */
const MOST_ROUNDS = 3;
/** With several kinds of hooks, a step out of one often ends in the next one. */
const MOST_STEPS = 30;

/**
 * @param until on the clock of performance.now()
 * @returns why the event loop does not turn; undefined when it does
 */
export async function interrupt(session: Session, until: number): Promise<string | undefined> {
  const within = (ms: number) => Math.max(0, Math.min(ms, until - performance.now()));
  for (let round = 1; round <= MOST_ROUNDS && session.frames; round++) {
    await leavePromiseHook(session, within);
    if (isInPromiseHook(session.frames ?? []))
      return 'the code that is stuck is a promise hook (async_hooks)';
    if (!(await keepImmediates(session, within(ANSWER_MS))))
      return 'the immediates (setImmediate) of this version of Node are not known to tshorn';
    const prepared = await session.evaluate(PREPARE, within(ANSWER_MS));
    if (prepared !== true)
      return typeof prepared === 'string' ? oneLine(prepared, LONGEST_REASON) : 'its debugger gave no answer';
    session.resume({ terminateOnResume: true });
    // The first question may be ended with the code.
    if ((await turnsOrStands(session, TURN_MS, until)) === 'turns') return undefined;
  }
  return session.frames
    ? `the code that followed was stuck too, ${MOST_ROUNDS} times`
    : 'its debugger gave no answer';
}

/** An endless chain of promises is often found in one. */
async function leavePromiseHook(session: Session, within: (ms: number) => number): Promise<void> {
  for (let step = 0; step < MOST_STEPS && isInPromiseHook(session.frames ?? []); step++) {
    // A hook that does not end itself is found where it was.
    if (!(await session.stepOut(within(PAUSE_MS)))) return void (await session.pause(within(ANSWER_MS)));
  }
}
