/** A second server of the app that asks for a port that tshorn has bound. */
import type http from 'node:http';
import type net from 'node:net';
import { TshornError } from '@tshorn/core';
import { askedOf, askedWords, optionsOf } from './asked.ts';
import { readAddress } from './listeners.ts';
import { requestListeners } from './request-listeners.ts';

/** The TCP ports among the addresses of the master. */
export const portsOf = (addresses: readonly string[]): number[] =>
  addresses.map(readAddress).flatMap((address) => (address.kind === 'tcp' ? [address.port] : []));

/**
 * True for a server that answers as the first one does, on a port that the first one has or that the master has bound: an
 * app that listens on several hosts, or Fastify for `localhost` (lib/server.js, multipleBindings). What the master has
 * bound serves it. A listener of the worker beside that would close with the worker, or find the address in use.
 * @param firstArgs the arguments of the first one's `listen()`
 */
export function isTwin(
  server: http.Server,
  args: readonly unknown[],
  first: http.Server,
  firstArgs: readonly unknown[] | undefined,
  ports: readonly number[],
): boolean {
  const handlers = requestListeners(first);
  if (!requestListeners(server).some((listener) => handlers.includes(listener))) return false;
  const address = first.address();
  const { host, port, path } = optionsOf(args);
  if (address === null || path !== undefined) return false;
  // On a unix socket there is no port that Fastify could pass on.
  if (typeof address === 'string' && port === undefined) return host === '127.0.0.1' || host === '::1';
  if (!(Number(port) > 0)) return false;
  const taken = [...ports, ...(typeof address === 'string' ? [] : [address.port])];
  return taken.includes(Number(port)) || (firstArgs !== undefined && askedOf(firstArgs) === String(port));
}

/** The address of the master that is the nearest to the host that is asked for. */
export function boundFor(args: readonly unknown[], addresses: readonly string[]): string | undefined {
  const { host } = optionsOf(args);
  const fits = (text: string) => {
    const address = readAddress(text);
    return address.kind === 'tcp' && address.host === host;
  };
  return addresses.find(fits) ?? addresses[0];
}

const EVERY_HOST = ['::', '0.0.0.0'];

/**
 * Refuses a server that does not answer as the served one does, and asks for an address that the master has bound. The
 * kernel would let it listen until the worker is admitted, and then refuse the worker.
 * @throws TshornError ERR_APP_KIND, or EADDRINUSE for a server whose app listens for 'error'
 */
export function refuseBound(
  server: net.Server,
  args: readonly unknown[],
  addresses: readonly string[],
): void {
  const { host, port } = optionsOf(args);
  const bound = addresses.find((text) => {
    const address = readAddress(text);
    return address.kind === 'tcp' && address.port === Number(port) && overlap(address.host, host);
  });
  if (bound === undefined) return;
  const text = `another server of the app asks for ${askedWords(args, args)}, and tshorn has bound ${bound} for the one that it serves`;
  if (server.listenerCount('error') === 0) {
    throw new TshornError('ERR_APP_KIND', `app: ${text}`, {
      fix: 'give one of the two servers another port, or both the same request listener',
    });
  }
  throw Object.assign(new Error(`listen EADDRINUSE: ${text}`), { code: 'EADDRINUSE', syscall: 'listen' });
}

/** A socket of `::` takes IPv4 as well. */
function overlap(bound: string, asked: unknown): boolean {
  const host = typeof asked === 'string' && asked !== '' ? asked : '::';
  if (host === 'localhost') return [...EVERY_HOST, '127.0.0.1', '::1'].includes(bound);
  if (host === bound || host === '::' || bound === '::') return true;
  return (
    EVERY_HOST.some((every) => every === host || every === bound) &&
    host.includes(':') === bound.includes(':')
  );
}
