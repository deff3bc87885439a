/** The apps that the conformance list is run against: at least one of every kind. */
import { join } from 'node:path';
import { root } from '../support/server.ts';

export interface ConformanceApp {
  /** What a person writes as APP, relative to `directory`. */
  readonly app: string;
  /** An error in a handler is answered with 500; otherwise it ends the worker, as it would under node. */
  readonly guardsSync: boolean;
  readonly guardsAsync: boolean;
  /** An error after the headers cuts the connection. */
  readonly guardsLate: boolean;
  readonly responseTrailers: boolean;
  /** Its responses have a `content-type` without a word of the app's routes. */
  readonly typed?: true;
  /** How many times a server of one worker is closed until its end. Default: 1 */
  readonly closes?: number;
  /** Its connections do not move. */
  readonly stays?: true;
}

export const APPS_DIRECTORY = join(root, 'test/conformance/apps');

const guarded = { guardsSync: true, guardsAsync: true, guardsLate: false, responseTrailers: true };
const handler = { ...guarded, guardsLate: true };
const bare = { guardsSync: false, guardsAsync: false, guardsLate: false, responseTrailers: true };

export const APPS: readonly ConformanceApp[] = [
  { app: 'handler.mjs', ...handler },
  { app: 'handler.cjs', ...handler },
  { app: 'compiled.cjs', ...handler },
  { app: 'named-exports.mjs:api', ...handler },
  { app: 'async-factory.mjs', ...handler },
  { app: 'slow-start.mjs', ...handler },
  { app: 'express.mjs', ...guarded },
  { app: 'koa.mjs', ...guarded },
  { app: 'fastify.mjs', ...guarded },
  { app: 'hono.mjs', ...guarded, responseTrailers: false },
  { app: 'fetch-object.mjs', ...guarded, guardsLate: true, responseTrailers: false, typed: true },
  { app: 'fetch-late-headers.mjs', ...guarded, guardsLate: true, responseTrailers: false, typed: true },
  { app: 'http-server.mjs', ...bare },
  { app: 'promise-of-server.mjs', ...bare },
  { app: 'script.mjs', ...bare },
  { app: 'script-late.cjs', ...guarded },
  { app: 'script-fastify.mjs', ...guarded },
  { app: 'main-module.cjs', ...guarded },
  { app: 'main-module.mjs', ...bare },
  { app: 'starts-itself.cjs', ...bare },
  { app: 'script-with-ports.mjs', ...bare, closes: 2 },
  { app: 'wrapped.mjs', ...bare, stays: true },
  { app: 'script-listens-again.mjs', ...bare, closes: 2 },
  { app: 'exported-and-listens.cjs', ...guarded },
  { app: 'metrics-first.mjs', ...handler, closes: 2 },
];
