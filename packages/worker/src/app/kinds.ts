/** Recognises the app among a module's exports, and makes an HTTP server of it. */
import type http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TshornError } from '@tshorn/core';
import type { Fetch } from './fetch-adapter.ts';
import { guard, type Handler } from './guard.ts';
import { isHttpServer } from './http-server.ts';
import type { ListenCapture } from './listen-capture.ts';
import { noHandlerByOutcome, noHandlerBySource } from './no-handler.ts';
import { createServer, type ServerSettings } from './server-settings.ts';
import { isClass, type Shape, shapeOf } from './shape.ts';

export interface LoadedApp {
  readonly kind: Shape | 'handler' | 'script';
  readonly server: http.Server;
  /** The app's own clean-up, for kinds that have one; called after the last connection has closed. */
  readonly close?: () => Promise<void>;
}

export interface Context {
  readonly settings: ServerSettings;
  readonly capture: ListenCapture;
}

type Listener = http.RequestListener;
interface Koa {
  callback(): Listener;
}
interface Fastify {
  ready(): PromiseLike<unknown>;
  listen(options: { host: string; port: number }): Promise<unknown>;
  close(): PromiseLike<unknown>;
}

/** Undefined for a value that is no app. app-export.ts handles functions that make apps, and promises of apps. */
export async function adapt(value: unknown, context: Context): Promise<LoadedApp | undefined> {
  const { settings } = context;
  const shape = shapeOf(value);
  switch (shape) {
    case 'server':
      return { kind: shape, server: value as http.Server };
    case 'fastify':
      return adaptFastify(value as Fastify, context);
    case 'koa':
      return { kind: shape, server: createServer((value as Koa).callback(), settings) };
    case 'express':
      return { kind: shape, server: createServer(value as Listener, settings) };
    case 'fetch': {
      const { toNodeListener } = await import('./fetch-adapter.ts');
      const listener = toNodeListener((...args) => (value as { fetch: Fetch }).fetch(...args));
      return { kind: shape, server: createServer(listener, settings) };
    }
  }
  if (typeof value !== 'function' || value.length < 2 || isClass(value) || noHandlerBySource(value)) {
    return undefined;
  }
  const listener = guard(value as Handler, (outcome) => noHandlerByOutcome(value, outcome));
  return { kind: 'handler', server: createServer(listener, settings) };
}

/** Calls the app's own listen(), so that its onListen hooks run; the capture holds the server. */
async function adaptFastify(app: Fastify, { capture }: Context): Promise<LoadedApp> {
  await app.ready();
  // The module may have called listen() already, which waits for the same readiness.
  await nextTurn();
  const listening = capture.server ?? app.listen({ host: '0.0.0.0', port: 0 });
  const server = await Promise.race([capture.held, listening]);
  if (!isHttpServer(server)) {
    throw new TshornError('ERR_APP_KIND', 'app: this Fastify instance does not serve HTTP/1.1', {
      fix: 'leave out its http2 option: clients of tshorn speak HTTP/1.1',
    });
  }
  return { kind: 'fastify', server, close: async () => void (await app.close()) };
}
