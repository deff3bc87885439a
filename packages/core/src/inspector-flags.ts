/**
 * With these flags a worker opens its inspector on a free port when it gets SIGUSR1, and not before. It writes the
 * address only to stderr, which is a pipe to the master: no other user can read it.
 * https://nodejs.org/api/cli.html#--inspect-publish-uidstderrhttp
 */
export const INSPECTOR_FLAG = '--inspect-publish-uid=stderr';

/** In the place of that one with `--inspect`: a debugger finds the address in the inspector's HTTP list, as usual. */
export const LISTED_INSPECTOR_FLAG = '--inspect-publish-uid=stderr,http';

/** The flag that node:cluster adds to a worker for its setting `inspectPort: 0`. */
export const INSPECTOR_PORT_FLAG = '--inspect-port=0';

/** The address on which a worker's inspector listens for a debugger. */
export interface InspectorAddress {
  readonly host: string;
  readonly port: number;
}
