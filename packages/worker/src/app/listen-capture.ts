/**
 * Holds the first `listen()` of an app that starts its own server, so that it serves what the master
 * has bound instead of a port of its own. Installed before the app is loaded. Every other listen (a
 * metrics port, a debug console) goes through node:cluster, and is reported.
 */
import type http from 'node:http';
import net from 'node:net';
import { isHttpServer } from './http-server.ts';

/** Node's own `listen`, which takes the master's handles (./listeners.ts). */
export const originalListen = net.Server.prototype.listen;

/** `args` are those of the server's `listen()`. */
type OnOther = (address: string, server: net.Server, args: readonly unknown[]) => void;

export interface ListenCapture {
  /** Settles when the app asks a server to listen; never, if it does not. */
  readonly held: Promise<http.Server>;
  /** That server, once `held` has settled. */
  readonly server: http.Server | undefined;
  /**
   * From here on a listen goes through, except for addresses that tshorn serves already.
   * @param served the server of an app that was exported
   */
  release(served?: http.Server): void;
  /** The servers of other kinds, or for other purposes, that the app has opened before the release. */
  readonly others: readonly net.Server[];
}

/**
 * @param onOther gets each listener that the app opened for itself
 * @param check those listeners are not opened, and only emit 'listening'
 */
export function captureFirstListen(onOther: OnOther, check = false): ListenCapture {
  let settle: (server: http.Server) => void;
  const held = new Promise<http.Server>((resolve) => {
    settle = resolve;
  });
  let holding = true;
  let captured: http.Server | undefined;
  let exported: http.Server | undefined;
  let released = false;
  const others: net.Server[] = [];
  const opened = (server: net.Server, args: readonly unknown[]) => {
    onOther(addressOf(server), server, args);
    if (released) return;
    others.push(server);
    // A listener is no work that could still lead to the app (pending-work.ts).
    internals(server)._handle?.unref();
  };

  net.Server.prototype.listen = function listen(this: net.Server, ...args: unknown[]): net.Server {
    const served = captured ?? exported;
    if (isHttpServer(this)) {
      if (holding) {
        holding = false;
        captured = this;
        hold(this, this, args);
        settle(this);
        return this;
      }
      if (this === served || (exported && sharesListener(this, exported))) return hold(this, served!, args);
      if (served && isLoopbackTwin(served, args)) return refuse(this);
    }
    if (!released) keepAliveUntilBound(this);
    this.once('listening', () => opened(this, args));
    return check ? pretend(this, args) : (Reflect.apply(originalListen, this, args) as net.Server);
  } as typeof originalListen;

  return {
    held,
    get server() {
      return captured;
    },
    others,
    release(served) {
      released = true;
      // Unless the app itself has called unref().
      for (const server of others) if (!internals(server)._unref) internals(server)._handle?.ref();
      holding = false;
      if (served !== captured) exported = served;
    },
  };
}

/** The master's answer comes over the channel, which does not keep the process alive while the app loads. */
function keepAliveUntilBound(server: net.Server): void {
  const timer = setInterval(() => {}, 1_000);
  const events = ['listening', 'error', 'close'];
  const stop = () => {
    clearInterval(timer);
    for (const event of events) server.off(event, stop);
  };
  for (const event of events) server.once(event, stop);
}

/** Members of net.Server since Node 0.x. */
const internals = (server: net.Server) =>
  server as unknown as { _handle?: { ref(): void; unref(): void } | null; _unref?: boolean };

/** Uses only the callback and the signal of the arguments: the address is the master's. */
function hold(server: http.Server, served: http.Server, args: unknown[]): http.Server {
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    if (served.listening) process.nextTick(() => Reflect.apply(callback, server, []));
    else served.once('listening', () => Reflect.apply(callback, server, []));
  }
  const { signal } = optionsOf(args);
  if (signal instanceof AbortSignal) signal.addEventListener('abort', () => server.close(), { once: true });
  return server;
}

/** `export default app` for the tests beside a late `app.listen(3000)`: that is the app we serve. */
const sharesListener = (server: http.Server, exported: http.Server): boolean =>
  server.listeners('request').some((listener) => exported.listeners('request').includes(listener));

/**
 * For `localhost`, Fastify listens again on the port that its first server got, on every loopback
 * address (lib/server.js, multipleBindings). That port is the master's: a listener of the worker on a
 * second address would close with the worker. On a unix socket there is no port, and it would get a
 * random one. Fastify ignores a refusal.
 */
function isLoopbackTwin(first: net.Server, args: unknown[]): boolean {
  const address = first.address();
  const { host, port, path } = optionsOf(args);
  if (address === null || path !== undefined) return false;
  if (host !== '127.0.0.1' && host !== '::1' && host !== 'localhost') return false;
  return typeof address === 'string' ? port === undefined : Number(port) === address.port;
}

function refuse(server: http.Server): http.Server {
  const error = Object.assign(new Error('listen EADDRINUSE: the address belongs to the master'), {
    code: 'EADDRINUSE',
    syscall: 'listen',
  });
  process.nextTick(() => server.emit('error', error));
  return server;
}

/** Nothing is bound, and the app does not notice: `address()` is what it has asked for. */
function pretend(server: net.Server, args: unknown[]): net.Server {
  const callback = args.at(-1);
  if (typeof callback === 'function') server.once('listening', callback as () => void);
  const { host, port = 0, path } = optionsOf(args);
  const address = typeof host === 'string' ? host : '::';
  const family = net.isIPv4(address) ? 'IPv4' : 'IPv6';
  server.address = () => (path === undefined ? { address, port: Number(port), family } : String(path));
  process.nextTick(() => server.emit('listening'));
  return server;
}

interface ListenOptions {
  host?: unknown;
  port?: unknown;
  path?: unknown;
  signal?: unknown;
}

/** `listen(options)`, `listen(port, host)` or `listen(path)`, as one shape. */
function optionsOf([first, second]: unknown[]): ListenOptions {
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { path: first };
  return { port: first, host: second };
}

export function addressOf(server: net.Server): string {
  const address = server.address();
  if (address === null) return 'an unnamed address';
  if (typeof address === 'string') return `unix:${address}`;
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
