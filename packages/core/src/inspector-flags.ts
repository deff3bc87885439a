/**
 * With these a worker opens its inspector, once it is asked to, on a free port, and tells its address on
 * stderr alone, which is a pipe of the master's: no other user can read it. Nothing listens before.
 * https://nodejs.org/api/cli.html#--inspect-publish-uidstderrhttp
 */
export const INSPECTOR_FLAG = '--inspect-publish-uid=stderr';

/** What node:cluster adds to the flags of a worker for its setting `inspectPort: 0`. */
export const INSPECTOR_PORT_FLAG = '--inspect-port=0';
