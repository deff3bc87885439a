/**
 * What to do when a new worker cannot start because an old one still runs: most plans start the new worker first, and
 * even `replace` keeps the old process until the commit.
 */

/** Names of system errors, and words of libraries, for something that only one process may have. */
const EXCLUSIVE =
  /\b(EADDRINUSE|EEXIST|EBUSY|ELOCKED|LEVEL_LOCKED)\b|\block(ed|file)?\b|\balready (running|in use|locked|being held)\b/i;

/** One of tshorn's own addresses: no old worker is in the way there. */
const OWN_ADDRESS = /\bbind: /;

/** Returns the reason of a failed reload with the way out, where one is known. */
export function withOverlapHint(reason: string): string {
  if (!EXCLUSIVE.test(reason) || OWN_ADDRESS.test(reason)) return reason;
  const [first = '', ...rest] = reason.split('\n');
  const hint = 'an old worker may still hold it: reload with --reload-plan replace --no-park';
  return [`${first}; ${hint}`, ...rest].join('\n');
}
