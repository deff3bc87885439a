/**
 * Tells when a connection of a server has ended.
 *
 * Looks inside Node: `_emitCloseIfDrained`, which a server's sockets call when they end (lib/net.js,
 * Socket.prototype._destroy; the same in Node 20, 22, 24 and 26). Where it is missing, a timer looks.
 */
import type net from 'node:net';

interface ServerInternals {
  _emitCloseIfDrained?: () => void;
}

const LOOK_EVERY_MS = 100;

const watched = new WeakMap<net.Server, Set<() => void>>();

/** @returns the function that ends it */
export function onConnectionEnd(server: net.Server, look: () => void): () => void {
  const internals = server as net.Server & ServerInternals;
  const looks = watched.get(server);
  if (looks) {
    looks.add(look);
    return () => stop(internals, looks, look);
  }
  const { _emitCloseIfDrained: emitCloseIfDrained } = internals;
  if (typeof emitCloseIfDrained !== 'function') {
    const timer = setInterval(look, LOOK_EVERY_MS).unref();
    return () => clearInterval(timer);
  }
  const all = new Set([look]);
  watched.set(server, all);
  internals._emitCloseIfDrained = () => {
    Reflect.apply(emitCloseIfDrained, server, []);
    for (const each of [...all]) each();
  };
  return () => stop(internals, all, look);
}

function stop(server: net.Server & ServerInternals, all: Set<() => void>, look: () => void): void {
  if (!all.delete(look) || all.size > 0 || watched.get(server) !== all) return;
  watched.delete(server);
  // The prototype's method becomes visible again.
  delete server._emitCloseIfDrained;
}
