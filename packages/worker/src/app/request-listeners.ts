/**
 * Remembers the 'request' listeners that each server has ever had: Socket.IO replaces those that it finds by one that
 * calls them, and then nothing tells for which app the server was made.
 */
import type http from 'node:http';
import net from 'node:net';

const ever = new WeakMap<net.Server, Set<unknown>>();

/** From here on; the constructor of a server adds its listener by `on`. */
export function rememberRequestListeners(): void {
  const { on } = net.Server.prototype;
  net.Server.prototype.on = function (this: net.Server, event: string, listener: never) {
    if (event === 'request') {
      const all = ever.get(this) ?? new Set();
      ever.set(this, all.add(listener));
    }
    return Reflect.apply(on, this, [event, listener]) as net.Server;
  } as typeof on;
}

export const requestListeners = (server: http.Server): unknown[] => [
  ...server.listeners('request'),
  ...(ever.get(server) ?? []),
];
