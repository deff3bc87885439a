/** Recognises the app among a module's exports, and makes an HTTP server of it. */
import type http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TshornError } from '@tshorn/core';
import { routesOfHono } from '../metrics/frameworks.ts';
import type { Fetch } from './fetch-adapter.ts';
import { guard, type Handler } from './guard.ts';
import { isServable } from './http-server.ts';
import { noHandlerByOutcome, noHandlerBySource } from './no-handler.ts';
import { requestListeners } from './request-listeners.ts';
import { createServer, type ServerSettings } from './server-settings.ts';
import { isClass, type Shape, shapeOf } from './shape.ts';

export interface LoadedApp {
  readonly kind: Shape | 'handler' | 'script';
  readonly server: http.Server;
  /** For what the module exports: true for a server that the app has made for the same. Absent where nothing tells. */
  readonly isOwn?: (server: http.Server) => boolean;
  /** Has the framework note the route of each request, for the metrics. Absent where it does so, or cannot be asked. */
  readonly tellRoutes?: () => void;
  /** The app's own clean-up, for kinds that have one; called after the last connection has closed. */
  readonly close?: () => Promise<void>;
}

export interface Context {
  readonly settings: ServerSettings;
  /** The servers of the module that have called listen(). */
  readonly capture: { readonly candidates: readonly { readonly server: http.Server }[] };
  /** Resolves when the module has called listen() itself, or will not. */
  ownListen(): Promise<void>;
}

type Listener = http.RequestListener;

const isMadeFor = (listener: unknown) => (server: http.Server) => requestListeners(server).includes(listener);

/** Koa makes a new function for each server: they are known by their text. */
const isMadeForKoa = (app: Koa) => (server: http.Server) =>
  requestListeners(server).some((listener) => String(listener) === String(app.callback()));

interface Koa {
  callback(): Listener;
}
interface Fastify {
  readonly server: unknown;
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
      return { kind: shape, server: value as http.Server, isOwn: (server) => server === value };
    case 'fastify':
      return adaptFastify(value as Fastify, context);
    case 'koa':
      return {
        kind: shape,
        server: createServer((value as Koa).callback(), settings),
        isOwn: isMadeForKoa(value as Koa),
      };
    case 'express':
      return {
        kind: shape,
        server: createServer(value as Listener, settings),
        isOwn: isMadeFor(value),
      };
    case 'fetch': {
      const { toNodeListener } = await import('./fetch-adapter.ts');
      let note: ReturnType<typeof routesOfHono>;
      const fetch: Fetch = (request, env) => (value as { fetch: Fetch }).fetch(request, env);
      const noted: Fetch = async (request, env) => {
        try {
          return await fetch(request, env);
        } finally {
          note?.(env.incoming, request);
        }
      };
      const listener = toNodeListener((request, env) => (note ? noted(request, env) : fetch(request, env)));
      const tellRoutes = () => {
        note = routesOfHono(value as object);
      };
      return { kind: shape, server: createServer(listener, settings), tellRoutes };
    }
  }
  if (typeof value !== 'function' || value.length < 2 || isClass(value) || noHandlerBySource(value)) {
    return undefined;
  }
  const listener = guard(value as Handler, (outcome) => noHandlerByOutcome(value, outcome));
  return { kind: 'handler', server: createServer(listener, settings), isOwn: isMadeFor(value) };
}

/** Calls the app's own listen(), so that its onListen hooks run; the capture holds the server. */
async function adaptFastify(app: Fastify, { capture, ownListen }: Context): Promise<LoadedApp> {
  await app.ready();
  // The module may have called listen() already, which waits for the same readiness.
  await nextTurn();
  const { server } = app;
  if (!isServable(server)) {
    throw new TshornError('ERR_APP_KIND', 'app: this Fastify instance does not serve HTTP', {
      fix: 'leave out its http2 option: clients of tshorn speak HTTP/1.1',
    });
  }
  await ownListen();
  const isOwn = (other: http.Server) => other === server;
  if (!capture.candidates.some((candidate) => isOwn(candidate.server))) {
    await app.listen({ host: '0.0.0.0', port: 0 });
  }
  return { kind: 'fastify', server, isOwn, close: async () => void (await app.close()) };
}
