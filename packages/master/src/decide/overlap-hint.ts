/**
 * Names the way out when a new worker cannot start because an old one still runs: most plans start the new worker first, and
 * even `replace` keeps the old process until the commit.
 */

/** Names of system errors, and words of libraries, for something that only one process may have. */
const EXCLUSIVE =
  /\b(EADDRINUSE|EEXIST|EBUSY|ELOCKED|LEVEL_LOCKED)\b|\block(ed|file)?\b|\balready (running|in use|locked|being held)\b/i;

/**
 * The server of a database or a cache has no room for one more client: PostgreSQL and PgBouncer, MySQL and MariaDB, Redis,
 * MongoDB.
 */
const FULL =
  /too many (open )?(connections|clients)|remaining connection slots|max_(client_conn|user_connections)|ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|max number of clients/i;

/** The last of these lines that tells of a server without room for one more client; undefined when none does. */
export const fullServerIn = (lines: readonly string[]): string | undefined =>
  lines.findLast((line) => FULL.test(line));

/** One of tshorn's own addresses: no old worker is in the way there. */
const OWN_ADDRESS = /\bbind: /;

/** How long a reload keeps old workers. */
export interface Keeps {
  /** Drained workers are kept until the commit. */
  readonly parked: boolean;
  /** Old workers leave before the new ones boot. */
  readonly replaces: boolean;
}

/** Returns the reason of a failed reload with the way out, where one is known. */
export function withOverlapHint(reason: string, keeps: Keeps): string {
  const hint = hintFor(reason, keeps);
  if (hint === undefined) return reason;
  const [first = '', ...rest] = reason.split('\n');
  return [`${first}; ${hint}`, ...rest].join('\n');
}

function hintFor(reason: string, { parked, replaces }: Keeps): string | undefined {
  // Nothing of the old worker is left.
  if (replaces && !parked) return undefined;
  if (FULL.test(reason)) {
    return parked
      ? "old workers keep their connections until the commit: set --no-park, or close them in worker.on('drain')"
      : 'the old worker keeps its connections until the new one serves: set --reload-plan replace';
  }
  if (!EXCLUSIVE.test(reason) || OWN_ADDRESS.test(reason)) return undefined;
  return 'an old worker may still hold it: set --reload-plan replace --no-park';
}
