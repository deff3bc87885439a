/**
 * Takes the `listen()` of the app's HTTP servers: one of them is to serve what the master has bound instead of a port of
 * its own (which-server.ts). They are told at once that they listen. When it is known which one is the app, the others
 * listen for themselves, by node:cluster, like every server of another kind and every later one. Installed before the app
 * is loaded.
 */
import type http from 'node:http';
import net from 'node:net';
import type { Address } from '@tshorn/core';
import { listenAgain, quietly } from '../others/quietly.ts';
import { isHttpServer } from './http-server.ts';
import { tellListening } from './listeners.ts';
import { OtherListeners } from './other-listeners.ts';
import { rememberRequestListeners, requestListeners } from './request-listeners.ts';
import { StandIn, standInOf } from './stand-in.ts';
import { takeOver } from './take-over.ts';
import { type Candidate, type Choice, type Hints, isNamed } from './which-server.ts';

/** In a check nothing is bound. */
const UNBOUND = '[::]:0';

/** Node's own `listen`. */
export const originalListen = net.Server.prototype.listen;

/** Two servers that could be the app, in words. */
export interface TwoServers {
  readonly served: string;
  readonly other: string;
  /** The port that the other one has asked for. */
  readonly port?: number;
  /** What a person gives tshorn to say that the right one is served. */
  readonly keep: string;
}

export interface ListenCapture {
  /** Resolves when an HTTP server of the app listens, and not only to find a free port; never, if none does. */
  listens(): Promise<void>;
  /** Settles when a server listens that a person has named. */
  readonly named: Promise<void>;
  /** The HTTP servers that have called listen() before the release, and have not been closed. */
  readonly candidates: readonly Candidate[];
  /** The servers of other kinds that the app has opened before the release. */
  readonly others: readonly net.Server[];
  /**
   * It is known which server is served: the others, and later ones, listen for themselves. Resolves when the others do:
   * the worker may be admitted right after that, and the one before it stops accepting there.
   */
  release(choice: Choice): Promise<void>;
}

export interface CaptureSettings {
  /** The first address of the master, as `server.address()` has it; undefined in a check: then it is the one asked for. */
  readonly address?: string | undefined;
  readonly hints: Hints;
  /** Gets each server that the app opens for itself, when it listens, with the arguments of its `listen()`. */
  readonly onOther: (server: net.Server, args: readonly unknown[]) => void;
  /** Gets what the served one has asked for, a port or a path, where a person has not named it. */
  readonly onAsked?: (asked: string) => void;
  readonly onTwoServers: (two: TwoServers) => void;
  /** Other listeners are not opened, and only seem to listen. */
  readonly check?: boolean | undefined;
}

export function captureListen(settings: CaptureSettings): ListenCapture {
  const { address, hints, onOther, check } = settings;
  const listens = signal();
  const named = signal();
  const all: (Candidate & { readonly args: unknown[] })[] = [];
  const open = () => all.filter(({ server }) => standInOf(server)?.isOpen);
  const others = new OtherListeners();
  let choice: Choice | undefined;
  rememberRequestListeners();

  const tellOfTwo = (asked: string) => {
    if (!choice?.isGuess) return;
    const own = all.find(({ server }) => server === choice?.app.server)?.asked;
    const port = Number(asked);
    settings.onTwoServers({
      served: own === undefined ? 'the exported app' : `the server that asked for ${portOf(own)}`,
      other: `the one that asked for ${portOf(asked)}`,
      ...(Number.isInteger(port) && port > 0 && { port }),
      keep: own === undefined ? 'APP:default' : `--app-port ${own}`,
    });
  };

  net.Server.prototype.listen = function listen(this: net.Server, ...args: unknown[]): net.Server {
    if (isHttpServer(this)) {
      const served = choice?.app.server;
      const known = served ? [served] : all.map(({ server }) => server);
      if (known.includes(this)) return hold(this, args, address);
      if (known.some((first) => isLoopbackTwin(this, first, args))) return refuse(this);
      const candidate = { server: this, asked: askedOf(args), args };
      if (!served) {
        all.push(candidate);
        hold(this, args, address);
        setImmediate(() => {
          if (!standInOf(this)?.isOpen) return;
          listens.fire();
          if (isNamed(candidate, hints)) named.fire();
        });
        return this;
      }
      if (choice?.app.isOwn?.(this)) {
        takeOver(this, served);
        return hold(this, args, address);
      }
    }
    others.opening(this, () => {
      onOther(this, args);
      if (isHttpServer(this)) setImmediate(() => this.listening && tellOfTwo(askedOf(args)));
    });
    return check ? hold(this, args) : (Reflect.apply(originalListen, this, args) as net.Server);
  } as typeof originalListen;

  /** Has a server that has been told so really listen. */
  const letGo = async ({ server, args }: (typeof all)[number]) => {
    const standIn = standInOf(server);
    if (!standIn) return;
    if (!check) {
      standIn.withdraw();
      await quietly(server, () => Reflect.apply(originalListen, server, listenAgain(args)));
    }
    onOther(server, args);
  };

  return {
    async listens() {
      while (open().length === 0) await listens.next();
    },
    named: named.next(),
    get candidates() {
      return open();
    },
    get others() {
      return others.early.filter(({ listening }) => listening);
    },
    async release(made) {
      choice = made;
      others.release();
      const { server } = made.app;
      const served = all.find((candidate) => candidate.server === server);
      if (served && !isNamed(served, hints)) settings.onAsked?.(served.asked);
      const rest = open().filter((candidate) => candidate.server !== server);
      if (rest[0]) tellOfTwo(rest[0].asked);
      // An app that exports its server may wait for 'listening' as well.
      if (!standInOf(server)) tellListening(server, address ?? UNBOUND);
      const letGoOf = async (candidate: (typeof all)[number]) => {
        try {
          await letGo(candidate);
        } catch (error) {
          process.nextTick(() => candidate.server.emit('error', error));
        }
      };
      await Promise.all(rest.map(letGoOf));
    },
  };
}

/** A promise of the next time that `fire` is called. */
function signal() {
  let waiting: (() => void)[] = [];
  return {
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    fire() {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

const portOf = (asked: string) => (/^\d+$/.test(asked) ? `port ${asked}` : asked);

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

/**
 * For `localhost`, Fastify listens again on the port that its first server got, on every loopback
 * address (lib/server.js, multipleBindings). That port is the master's: a listener of the worker on a
 * second address would close with the worker. On a unix socket there is no port, and it would get a
 * random one. Fastify ignores a refusal.
 */
function isLoopbackTwin(server: http.Server, first: http.Server, args: unknown[]): boolean {
  const handlers = requestListeners(first);
  if (!server.listeners('request').some((listener) => handlers.includes(listener))) return false;
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

function askedOf(args: unknown[]): string {
  const { port, path } = optionsOf(args);
  return String(path ?? port ?? 0);
}

function askedAddress({ host, port, path }: ListenOptions): Address {
  if (path !== undefined) return { kind: 'unix', path: String(path) };
  return { kind: 'tcp', host: typeof host === 'string' ? host : '::', port: Number(port) || 0 };
}
