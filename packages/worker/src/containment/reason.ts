/** The reason of a crash, as the log has it: one short line. Standard error has the rest. */
import { describeThrown, oneLine } from '@tshorn/core';

const LONGEST = 200;

/** Node wraps what is no error in one of its own, with a long text around it (lib/internal/process/promises.js). */
const WRAPPED = 'ERR_UNHANDLED_REJECTION';
const REJECTED_WITH = /rejected with the reason "(.*)"\.$/s;

/** `uncaught TypeError: x is not a function`, `threw the string "x"`, `rejected a promise with "undefined"`. */
export function reasonOf(thrown: unknown): string {
  try {
    return oneLine(describe(thrown), LONGEST);
  } catch {
    // A getter of it throws.
    return `threw the ${typeof thrown}`;
  }
}

function describe(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return `threw ${thrown}`;
  if (typeof thrown === 'string') return `threw the string "${thrown}"`;
  if (!(thrown instanceof Error)) return `threw the ${describeThrown(thrown)}`;
  const { code, message } = thrown as NodeJS.ErrnoException;
  const [, reason] = (code === WRAPPED && REJECTED_WITH.exec(message)) || [];
  return reason === undefined ? `uncaught ${describeThrown(thrown)}` : `rejected a promise with "${reason}"`;
}
