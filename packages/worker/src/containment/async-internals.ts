/**
 * The one place that looks inside Node's asynchronous contexts. All of it is the same in Node 20, 22, 24 and 26, and
 * documented in none; where it is missing, the request that has thrown is not known, and fails at the end of the grace.
 *
 * - The callbacks of an HTTP parser run for a resource with the connection as `socket` (lib/_http_server.js); or for the
 *   parser itself, which has that resource under `Symbol(resource_symbol)`.
 * - A handle (TCP, Pipe, TLSWrap) has its connection under `Symbol(owner_symbol)`.
 * - `handle.asyncReset(handle)` has its later callbacks run in the context that is current at the call
 *   (lib/_http_agent.js does so).
 * - `AsyncLocalStorage` without AsyncContextFrame has a method `_enable`, which switches promise hooks on.
 */
import { AsyncLocalStorage, executionAsyncResource, triggerAsyncId } from 'node:async_hooks';
import net, { type Socket } from 'node:net';

/** The connection whose bytes are being dealt with now. */
export function socketNow(): Socket | undefined {
  const resource = executionAsyncResource();
  const behind = underSymbol(resource, 'resource_symbol');
  const known = [resource, behind].map((one) => (one as { readonly socket?: unknown } | undefined)?.socket);
  return [...known, underSymbol(resource, 'owner_symbol')].find((one) => one instanceof net.Socket);
}

function underSymbol(object: object, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(object).find(({ description }) => description === name);
  return symbol && (object as Record<symbol, unknown>)[symbol];
}

/** The asynchronous id of the code that has asked for the callback that runs, and when; undefined for the begin of it all. */
export function askedBy(): { readonly asyncId: number; readonly askedAt: number } | undefined {
  const resource = executionAsyncResource() as {
    _idleStart?: unknown;
    _onImmediate?: unknown;
    callback?: unknown;
  };
  const asyncId = triggerAsyncId();
  if (asyncId === 0) return undefined;
  if (typeof resource._idleStart === 'number') return { asyncId, askedAt: startOf(resource._idleStart) };
  // An immediate and `process.nextTick` run in the same turn of the event loop.
  const isSoon = '_onImmediate' in resource || typeof resource.callback === 'function';
  return isSoon ? { asyncId, askedAt: performance.now() } : undefined;
}

/** From the clock of the event loop, in milliseconds, to that of performance.now(). */
function startOf(idleStart: number): number {
  const timer = setTimeout(() => {}, 1) as NodeJS.Timeout & { _idleStart?: number };
  clearTimeout(timer);
  return performance.now() - ((timer._idleStart ?? Number.POSITIVE_INFINITY) - idleStart);
}

/** Has what later comes on this connection run in the context that is current now. */
export function followSocket(socket: Socket): void {
  const { _handle: handle } = socket as Socket & { _handle?: { asyncReset?(resource: object): void } | null };
  handle?.asyncReset?.(handle);
}

/** True where a context that is kept for each request costs next to nothing. */
export const hasContextFrames = (): boolean => !('_enable' in AsyncLocalStorage.prototype);
