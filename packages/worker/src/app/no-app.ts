/** Words why a module cannot be served, and what to do. */
import type net from 'node:net';
import { basename } from 'node:path';
import { commandsAround, TshornError } from '@tshorn/core';
import type { Found } from './app-export.ts';
import { isTls } from './http-server.ts';
import { addressOf } from './other-listeners.ts';

const WAYS =
  'export a function (req, res), an Express, Koa or Fastify app, an http.Server, an object with ' +
  'fetch(request), or a function that returns one of these; or choose a named export with APP:name; ' +
  'or call listen()';

/**
 * For a module that has done all that it will do.
 * @param servers what it listens with instead of an HTTP server
 */
export function noApp(file: string, found: Found, servers: readonly net.Server[]): TshornError {
  const { instead, fix } = found;
  const [server] = servers;
  if (server) return wrongServer(file, kindOf(server), addressOf(server) ?? 'an unnamed address');
  if (found.foreign) {
    const kind = kindOf(found.foreign);
    const message = `app: ${file} exports ${kind}, which tshorn cannot serve`;
    return new TshornError('ERR_APP_KIND', message, { fix: FIXES[kind] });
  }
  if (/^ecosystem\.|^process\.json$/.test(basename(file))) {
    const message = `app: ${file} is no app: it looks like an ecosystem file of PM2`;
    return new TshornError('ERR_APP_KIND', message, { fix: `type: tshorn import ${basename(file)}` });
  }
  const [command] = commandsAround(file, process.cwd());
  const start = command && `start the command of this package: tshorn ${command} -- ARGUMENTS`;
  return new TshornError(
    'ERR_APP_KIND',
    `app: ${file} is no app: ${instead}, and it does not call listen()`,
    {
      fix: [fix, start].filter(Boolean).join('; or ') || WAYS,
    },
  );
}

const FIXES = {
  'a TLS server': 'listen with https.createServer()',
  'a plain TCP server':
    'call listen() of the HTTP server itself; a service that does not speak HTTP is started with node',
  'a server that is not one of Node, or is one of a thread':
    'listen with http.createServer() in the main thread, of which tshorn starts several processes; a native server such as uWebSockets.js binds its port itself, and is started with node',
} as const;

export type WrongKind = keyof typeof FIXES;

export const kindOf = (server: net.Server): WrongKind =>
  isTls(server) ? 'a TLS server' : 'a plain TCP server';

export const wrongServer = (file: string, kind: WrongKind, address: string): TshornError =>
  new TshornError(
    'ERR_APP_KIND',
    `app: ${file} listens on ${address} with ${kind}, which tshorn cannot serve`,
    {
      fix: FIXES[kind],
    },
  );

/** @param what the promise, as in `its top-level await never settles` */
export function neverLoads(file: string, what: string, servers: readonly net.Server[]): TshornError {
  const [server] = servers;
  if (server) return wrongServer(file, kindOf(server), addressOf(server) ?? 'an unnamed address');
  return new TshornError(
    'ERR_APP_KIND',
    `app: ${file} never loads: ${what}, and nothing is under way that could settle it`,
    { fix: 'call listen(), export the app, or settle the promise; node would end here with exit code 13' },
  );
}
