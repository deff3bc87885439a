/**
 * Takes the first `listen()` of an app that starts its own server, so that it serves what the master has bound instead
 * of a port of its own. The app is told at once that it listens; the worker accepts when it is admitted. Installed before
 * the app is loaded. Every other listen (a metrics port, a debug console) goes through node:cluster.
 */
import type http from 'node:http';
import net from 'node:net';
import type { Address } from '@tshorn/core';
import { isHttpServer } from './http-server.ts';
import { tellListening } from './listeners.ts';
import { OtherListeners } from './other-listeners.ts';
import { StandIn, standInOf } from './stand-in.ts';

/** In a check nothing is bound. */
const UNBOUND = '[::]:0';

/** Node's own `listen`. */
export const originalListen = net.Server.prototype.listen;

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

export interface CaptureSettings {
  /** The first address of the master, as `server.address()` has it; undefined in a check: then it is the one asked for. */
  readonly address?: string | undefined;
  /** Gets each server that the app opens for itself, when it listens, with the arguments of its `listen()`. */
  readonly onOther: (server: net.Server, args: readonly unknown[]) => void;
  /** Those listeners are not opened, and only seem to listen. */
  readonly check?: boolean | undefined;
}

export function captureFirstListen({ address, onOther, check }: CaptureSettings): ListenCapture {
  let settle: (server: http.Server) => void;
  const held = new Promise<http.Server>((resolve) => {
    settle = resolve;
  });
  let holding = true;
  let captured: http.Server | undefined;
  let exported: http.Server | undefined;
  const others = new OtherListeners();

  net.Server.prototype.listen = function listen(this: net.Server, ...args: unknown[]): net.Server {
    const served = captured ?? exported;
    if (isHttpServer(this)) {
      if (holding) {
        holding = false;
        captured = this;
        hold(this, args, address);
        settle(this);
        return this;
      }
      if (this === served || (exported && sharesListener(this, exported))) return hold(this, args, address);
      if (served && sharesListener(this, served) && isLoopbackTwin(served, args)) return refuse(this);
    }
    others.opening(this, () => onOther(this, args));
    return check ? hold(this, args) : (Reflect.apply(originalListen, this, args) as net.Server);
  } as typeof originalListen;

  return {
    held,
    get server() {
      return captured;
    },
    get others() {
      return others.early.filter(({ listening }) => listening);
    },
    release(served) {
      others.release();
      holding = false;
      if (served === captured) return;
      exported = served;
      // An app that exports its server may wait for 'listening' as well.
      if (served && !standInOf(served)) tellListening(served, address ?? UNBOUND);
    },
  };
}

/** Servers of the app that have been told to listen, by the app and not only by us. */
const asked = new WeakSet<net.Server>();

/**
 * Nothing is bound here, and the app does not notice. Uses only the callback and the signal of the arguments where the
 * address is the master's.
 */
function hold<S extends net.Server>(server: S, args: unknown[], address?: string): S {
  const standIn = standInOf(server);
  // Node refuses a second listen() itself.
  if (standIn?.isOpen && asked.has(server)) return Reflect.apply(originalListen, server, args) as S;
  asked.add(server);
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    if (standIn?.isOpen) process.nextTick(() => Reflect.apply(callback, server, []));
    else server.once('listening', callback as () => void);
  }
  const options = optionsOf(args);
  if (standIn) {
    if (!standIn.isOpen) standIn.open();
  } else if (address === undefined) new StandIn(server, askedAddress(options)).open();
  else tellListening(server, address);
  const { signal } = options;
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

function askedAddress({ host, port, path }: ListenOptions): Address {
  if (path !== undefined) return { kind: 'unix', path: String(path) };
  return { kind: 'tcp', host: typeof host === 'string' ? host : '::', port: Number(port) || 0 };
}
