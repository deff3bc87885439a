/**
 * Stops a server from accepting without closing it, so that it can accept again. For the app it listens all the while:
 * `listening` and `address()` say so, and its own clean-up can close it. After `close()` it would emit 'close' when its
 * last connection ends, and apps clean up then; and a second `close()` would be an error.
 *
 * Looks inside Node: `_handle`, which a server that listens has (lib/net.js; the same in Node 20, 22, 24 and 26). A
 * server that keeps it elsewhere goes on accepting.
 */
import type net from 'node:net';

/** The methods that net.Server calls of its listening handle. */
interface Handle {
  close(): void;
  ref?(): void;
  unref?(): void;
  getsockname?(out: object): number;
}

/**
 * @returns the function that ends the pause: the server can listen again then. It returns false where there is no pause,
 *   because the app has closed the server meanwhile, or this Node cannot pause one.
 */
export function pause(server: net.Server): () => boolean {
  const internals = server as unknown as { _handle?: Handle | null };
  const bound = internals._handle;
  if (!bound) return () => false;
  const standIn = standInFor(server);
  bound.close();
  internals._handle = standIn;
  return () => {
    if (internals._handle !== standIn) return false;
    internals._handle = null;
    return true;
  };
}

/** A handle that accepts nothing, and does not keep the process alive. */
function standInFor(server: net.Server): Handle {
  const address = server.address();
  return {
    close() {},
    ref() {},
    unref() {},
    // A unix socket's address is not asked of its handle.
    ...(typeof address === 'object' && {
      getsockname(out) {
        Object.assign(out, address);
        return 0;
      },
    }),
  };
}
