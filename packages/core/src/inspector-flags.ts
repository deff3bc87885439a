/**
 * With these flags a worker opens its inspector on a free port when it gets SIGUSR1, and not before. It writes the
 * address only to stderr, which is a pipe to the master: no other user can read it.
 * https://nodejs.org/api/cli.html#--inspect-publish-uidstderrhttp
 */
export const INSPECTOR_FLAG = '--inspect-publish-uid=stderr';

/** The flag that node:cluster adds to a worker for its setting `inspectPort: 0`. */
export const INSPECTOR_PORT_FLAG = '--inspect-port=0';
