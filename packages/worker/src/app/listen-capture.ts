/**
 * Takes the `listen()` of the app's HTTP servers: one of them is to serve what the master has bound instead of a port of
 * its own (which-server.ts). They are told at once that they listen. When it is known which one is the app, the others
 * listen for themselves, by node:cluster, like every server of another kind and every later one. Installed before the app
 * is loaded.
 */
import type http from 'node:http';
import net from 'node:net';
import { TshornError } from '@tshorn/core';
import { listenAgain, quietly } from '../others/quietly.ts';
import { askedAddress, askedOf, askedWords, optionsOf } from './asked.ts';
import { isHttpServer, isServable } from './http-server.ts';
import { tellListening } from './listeners.ts';
import { OtherListeners } from './other-listeners.ts';
import { rememberRequestListeners } from './request-listeners.ts';
import { boundFor, isTwin, refuseBound } from './same-port.ts';
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
  /** The option by which a person says that the right one is served. */
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
   * Sets the server that is served: the others, and later ones, listen for themselves. Resolves when the others do:
   * the worker may be admitted right after that, and the one before it stops accepting there.
   * @throws TshornError ERR_APP_KIND for another server on an address of the master
   */
  release(choice: Choice): Promise<void>;
}

export interface CaptureSettings {
  /** The addresses of the master; `server.address()` has the first. Undefined in a check: then it has the one asked for. */
  readonly addresses?: readonly string[] | undefined;
  readonly hints: Hints;
  /** Gets each server that the app opens for itself, when it listens, with the arguments of its `listen()`. */
  readonly onOther: (server: net.Server, args: readonly unknown[]) => void;
  /** Gets what the served one has asked for, a port or a path, where a person has not named it. */
  readonly onAsked?: (asked: string) => void;
  readonly onTwoServers: (two: TwoServers) => void;
  /** Other listeners are not opened, and only seem to listen. */
  readonly check?: boolean | undefined;
}

interface Captured extends Candidate {
  readonly args: unknown[];
  /** The server that answers as this one does, on the same port: both are served, or none. */
  readonly twinOf?: http.Server;
}

export function captureListen(settings: CaptureSettings): ListenCapture {
  const { addresses = [], hints, onOther, check } = settings;
  const [address] = addresses;
  const listens = signal();
  const named = signal();
  const all: Captured[] = [];
  const open = () => all.filter(({ server }) => standInOf(server)?.isOpen);
  const candidates = () => {
    const all = open().filter(({ twinOf }) => !twinOf);
    // Beside a server of HTTP/1, one of HTTP/2 has another purpose: gRPC, most often.
    const http1 = all.filter(({ server }) => isHttpServer(server));
    return http1.length > 0 ? http1 : all;
  };
  const argsOf = (server?: net.Server) => all.find((captured) => captured.server === server)?.args;
  const others = new OtherListeners();
  let choice: Choice | undefined;
  rememberRequestListeners();

  const tellOfTwo = (args: readonly unknown[]) => {
    if (!choice?.isGuess) return;
    const own = argsOf(choice.app.server);
    const asked = askedOf(args);
    const port = Number(asked);
    const isPort = Number.isInteger(port) && port > 0 && !(own && askedOf(own) === asked);
    settings.onTwoServers({
      served: own ? `the server that asked for ${askedWords(own, args)}` : 'the exported app',
      other: `the one that asked for ${askedWords(args, own)}`,
      ...(isPort && { port }),
      keep: own ? `--app-port ${askedOf(own)}` : 'APP:default',
    });
  };

  net.Server.prototype.listen = function listen(this: net.Server, ...args: unknown[]): net.Server {
    if (isServable(this)) {
      const served = choice?.app.server;
      if (this === served) return hold(this, args, address);
      const known = all.find(({ server }) => server === this);
      if (known && (!served || known.twinOf === served)) return hold(this, args, address);
      const firsts = served ? [served] : candidates().map(({ server }) => server);
      const twinOf = firsts.find(
        (first) => asked.has(first) && isTwin(this, args, first, argsOf(first), hints.boundPorts),
      );
      if (twinOf) {
        all.push({ server: this, asked: askedOf(args), args, twinOf });
        return hold(this, args, boundFor(args, addresses));
      }
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
      if (isHttpServer(this)) setImmediate(() => this.listening && tellOfTwo(args));
    });
    return check ? hold(this, args) : (Reflect.apply(originalListen, this, args) as net.Server);
  } as typeof originalListen;

  /** Has a server that has been told so really listen. */
  const letGo = async ({ server, args }: Captured) => {
    const standIn = standInOf(server);
    if (!standIn) return;
    if (!check) {
      standIn.withdraw();
      refuseBound(server, args, addresses);
      await quietly(server, () => Reflect.apply(originalListen, server, listenAgain(args)));
    }
    onOther(server, args);
  };

  return {
    async listens() {
      while (candidates().length === 0) await listens.next();
    },
    named: named.next(),
    get candidates() {
      return candidates();
    },
    get others() {
      return others.early.filter(({ listening }) => listening);
    },
    async release(made) {
      choice = made;
      others.release();
      const { server } = made.app;
      const served = all.find((captured) => captured.server === server);
      if (served && !isNamed(served, hints)) settings.onAsked?.(served.asked);
      const rest = open().filter((captured) => captured.server !== server && captured.twinOf !== server);
      const second = rest.find((captured) => isHttpServer(captured.server));
      if (second) tellOfTwo(second.args);
      // An app that exports its server may wait for 'listening' as well.
      if (!standInOf(server)) tellListening(server, address ?? UNBOUND);
      const letGoOf = async (candidate: Captured) => {
        try {
          await letGo(candidate);
        } catch (error) {
          if (error instanceof TshornError) throw error;
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
