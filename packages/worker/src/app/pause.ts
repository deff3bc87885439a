/**
 * Stops a server from accepting without closing it, so that it can accept again. For the app it listens all the while:
 * `listening` and `address()` say so, and its own clean-up can close it. After `close()` it would emit 'close' when its
 * last connection ends, and apps clean up then; and a second `close()` would be an error.
 *
 * Looks inside Node: `_handle`, and `_emitCloseIfDrained`, which a server's sockets call when they end
 * (lib/net.js, Socket.prototype._destroy; the same in Node 20, 22, 24 and 26). Where that is missing the
 * server is closed, and cannot accept again.
 */
import net from 'node:net';

interface ServerInternals {
  _handle: Handle | null;
  _emitCloseIfDrained?: () => void;
}

/** The methods that net.Server calls of its listening handle. */
interface Handle {
  close(): void;
  ref?(): void;
  unref?(): void;
  getsockname?(out: object): number;
}

export interface Paused {
  /** Settles when the last connection has gone. */
  readonly empty: Promise<void>;
  /** @returns whether the server may listen again */
  resume(): boolean;
}

export function pause(server: net.Server): Paused {
  const internals = server as unknown as ServerInternals;
  const emitCloseIfDrained = internals._emitCloseIfDrained;
  if (typeof emitCloseIfDrained !== 'function') {
    const empty = new Promise<void>((resolve) => {
      net.Server.prototype.close.call(server, () => resolve());
    });
    return { empty, resume: () => false };
  }
  const standIn = internals._handle && standInFor(server);
  internals._handle?.close();
  internals._handle = standIn;
  const empty = new Promise<void>((resolve) => {
    const look = () => server.getConnections((_, count) => count === 0 && resolve());
    internals._emitCloseIfDrained = () => {
      look();
      // Emits 'close' once the app has closed the server, and not before: until then it has a handle.
      emitCloseIfDrained.call(server);
    };
    look();
  });
  return {
    empty,
    resume() {
      // The prototype's method becomes visible again.
      delete internals._emitCloseIfDrained;
      if (internals._handle === standIn) internals._handle = null;
      return true;
    },
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
