/**
 * Empties Node's list of the asynchronous operations that run (async_hooks), so that the JavaScript on the stack can be ended
 * from outside. JavaScript that is ended leaves its entries there, and Node ends the process when it finds them: in
 * InternalCallbackScope::Close (src/api/callback.cc), or with "async hook stack has become corrupted". Where an exception
 * was handled, Node itself empties the list with the code on the stack: `process._fatalException`, the same in Node 20, 22,
 * 24 and 26, and documented in none. It runs here for an exception that nobody gets.
 */
import { executionAsyncId } from 'node:async_hooks';

const NOBODYS = Symbol('tshorn.unwind');
const CHECK = Symbol('tshorn.unwind.check');

/** True from when the list is empty until the event loop turns: the code on the stack is ended meanwhile. */
let isEnding = false;

/** For the Shield: an exception that nobody may get. Below some callbacks Node 20 takes the end of the code for one, which is null. */
export const isUnwinding = (_event: string | symbol, [thrown]: readonly unknown[]): boolean =>
  thrown === NOBODYS || (isEnding && thrown === null);

/** @returns why the list cannot be emptied; undefined when it is empty */
export function unwind(): string | undefined {
  const { _fatalException: handle } = process as {
    _fatalException?: (thrown: unknown, fromPromise: boolean) => unknown;
  };
  if (typeof handle !== 'function') return `Node ${process.version} is not known to this version of tshorn`;
  // `domain` is built on it.
  if (process.hasUncaughtExceptionCaptureCallback())
    return 'the app captures exceptions (process.setUncaughtExceptionCaptureCallback)';
  // A library may have put back the `process.emit` that it found before ours.
  if (!process.emit(CHECK as never, NOBODYS as never)) return 'a library has replaced process.emit';
  handle.call(process, NOBODYS, false);
  isEnding = true;
  setImmediate(() => {
    isEnding = false;
  });
  return executionAsyncId() === 0
    ? undefined
    : `Node ${process.version} is not known to this version of tshorn`;
}
