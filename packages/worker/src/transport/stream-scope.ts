/**
 * For whom code runs, where one connection carries the requests of many streams (HTTP/2): the callbacks of its socket say only
 * which connection it is.
 */
import type { Socket } from 'node:net';

type Scope = (socket: Socket, run: () => void) => void;

let scope: Scope | undefined;
let now: Socket | undefined;

/** @param enter runs the handler of a request, so that the code that it starts is known later */
export const keepScope = (enter: Scope): void => {
  scope = enter;
};

/** Calls the app for the request of this stream. */
export function within(socket: Socket, run: () => void): void {
  const before = now;
  now = socket;
  if (scope) scope(socket, run);
  else run();
  // Not where the code has thrown: it is asked for behind it, and the end of its request may be told before.
  now = before;
}

/** The stream whose handler has just thrown; asked a second time, nobody knows. */
export function takeStreamNow(): Socket | undefined {
  const socket = now;
  now = undefined;
  return socket;
}
