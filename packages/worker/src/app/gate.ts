/**
 * What a listening handle has as its server where the connections are not to go to the app's server as they come. Node's
 * own function makes them (onconnection in lib/net.js), so that they cost and behave as under bare Node: it reads the
 * server's options, counts, drops above the maximum, and emits. All but the last is the app's server.
 */
import type net from 'node:net';
import type { Way } from '../front/entry.ts';

type Counted = net.Server & { _connections: number };
type Owned = net.Socket & { server?: unknown; _server?: unknown };

export function gateOf(server: net.Server, { entry, allowHalfOpen }: Way): net.Server {
  const counted = server as Counted;
  return Object.create(server, {
    _connections: {
      get: () => counted._connections,
      set: (count: number) => {
        counted._connections = count;
      },
    },
    ...(allowHalfOpen !== undefined && { allowHalfOpen: { value: allowHalfOpen } }),
    emit: {
      value: (event: string, ...args: unknown[]) => {
        if (event !== 'connection') return Reflect.apply(server.emit, server, [event, ...args]);
        const socket = args[0] as Owned;
        socket.server = server;
        socket._server = server;
        entry(socket);
        return true;
      },
    },
  }) as net.Server;
}
