/** Recognises the app among a module's exports, and makes an HTTP server of it. */
import type http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeThrown, TshornError } from '@tshorn/core';
import type { Fetch } from './fetch-adapter.ts';
import { guard, type Handler } from './guard.ts';
import { isHttpServer } from './http-server.ts';
import type { ListenCapture } from './listen-capture.ts';
import { createServer, type ServerSettings } from './server-settings.ts';

export interface LoadedApp {
  readonly kind: 'handler' | 'express' | 'koa' | 'fastify' | 'server' | 'fetch' | 'script';
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
  if (isHttpServer(value)) return { kind: 'server', server: value };
  if (has(value, 'ready', 'inject', 'listen')) return adaptFastify(value as unknown as Fastify, context);
  if (has(value, 'callback', 'use')) {
    return { kind: 'koa', server: createServer((value as unknown as Koa).callback(), settings) };
  }
  // Express and Connect apps are functions that know how to handle; so are their routers.
  if (typeof value === 'function' && has(value, 'handle')) {
    return { kind: 'express', server: createServer(value as unknown as Listener, settings) };
  }
  if (has(value, 'fetch')) {
    const { toNodeListener } = await import('./fetch-adapter.ts');
    const listener = toNodeListener((...args) => (value as unknown as { fetch: Fetch }).fetch(...args));
    return { kind: 'fetch', server: createServer(listener, settings) };
  }
  if (typeof value === 'function' && value.length >= 2 && !isClass(value)) {
    return { kind: 'handler', server: createServer(guard(value as Handler), settings) };
  }
  return undefined;
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

const has = (value: unknown, ...methods: string[]): value is object =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

export const isClass = (value: unknown): boolean =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** Describes a value that is no app, for an error message. */
export function describeValue(value: unknown): string {
  if (isClass(value)) return `a class${nameOf(value)}`;
  if (typeof value === 'function') return `a function${nameOf(value)}`;
  if (value === undefined || value === null) return String(value);
  if (typeof value !== 'object') return describeThrown(value);
  const keys = Object.keys(value);
  const shown = keys.slice(0, 8).join(', ') + (keys.length > 8 ? ', ...' : '');
  const made = value.constructor?.name;
  const what = made && made !== 'Object' ? `an object of class ${made}` : 'an object';
  return keys.length > 0 ? `${what} with ${shown}` : `${what} without properties`;
}

const nameOf = (value: unknown) =>
  (value as { name?: string }).name ? ` ${(value as { name: string }).name}` : '';
