/**
 * Streams of HTTP/2 where a context for each request would cost too much (Node 20 and 22): the handler of each runs for an
 * asynchronous resource of its own, and the timers, immediates and ticks that it asks for know the id of that.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Socket } from 'node:net';

const resources = new WeakMap<Socket, AsyncResource>();

/** Runs the code of the app for the stream of this socket. */
export function runFor(socket: Socket, run: () => void): void {
  let resource = resources.get(socket);
  if (!resource) {
    resource = new AsyncResource('TSHORNSTREAM', { requireManualDestroy: true });
    resources.set(socket, resource);
  }
  resource.runInAsyncScope(run);
}

export const isFor = (socket: Socket, asyncId: number): boolean =>
  resources.get(socket)?.asyncId() === asyncId;
