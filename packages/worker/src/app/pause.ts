/**
 * Stops a server from accepting without closing it, so that it can accept again. After `close()` the app's server would
 * emit 'close' when its last connection ends, and apps clean up then.
 *
 * Looks inside Node: `_handle`, and `_emitCloseIfDrained`, which a server's sockets call when they end
 * (lib/net.js, Socket.prototype._destroy; the same in Node 20, 22, 24 and 26). Where that is missing the
 * server is closed, and cannot accept again.
 */
import net from 'node:net';

interface ServerInternals {
  _handle: { close(): void } | null;
  _emitCloseIfDrained?: () => void;
}

export interface Paused {
  /** Settles when the last connection has gone. */
  readonly empty: Promise<void>;
  /** @returns whether the server may listen again */
  resume(): boolean;
}

export function pause(server: net.Server): Paused {
  const internals = server as unknown as ServerInternals;
  if (typeof internals._emitCloseIfDrained !== 'function') {
    const empty = new Promise<void>((resolve) => {
      net.Server.prototype.close.call(server, () => resolve());
    });
    return { empty, resume: () => false };
  }
  internals._handle?.close();
  internals._handle = null;
  const empty = new Promise<void>((resolve) => {
    const look = () => server.getConnections((_, count) => count === 0 && resolve());
    internals._emitCloseIfDrained = look;
    look();
  });
  return {
    empty,
    resume() {
      // The prototype's method becomes visible again.
      delete internals._emitCloseIfDrained;
      return true;
    },
  };
}
