/** Has a server listen without its app noticing: it has been told 'listening' before, and does not act on it twice. */
import type net from 'node:net';

/** The arguments of a `listen()`, for the same address once more: without what has been done, the callback and the signal. */
export function listenAgain(args: readonly unknown[]): unknown[] {
  const rest = args.filter((value) => typeof value !== 'function');
  const [options] = rest;
  if (typeof options !== 'object' || options === null) return rest;
  return [{ ...options, signal: undefined }, ...rest.slice(1)];
}

/** Rejects with the error that the server would have emitted. */
export function quietly(server: net.Server, listen: () => unknown): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(server, 'emit');
  const { emit } = server;
  return new Promise<void>((resolve, reject) => {
    const quiet = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event === 'listening') resolve();
      else if (event === 'error') reject(args[0]);
      else return Reflect.apply(emit, server, [event, ...args]);
      return true;
    };
    server.emit = quiet as typeof server.emit;
    listen();
  }).finally(() => {
    if (before) Object.defineProperty(server, 'emit', before);
    else delete (server as Partial<net.Server>).emit;
  });
}
