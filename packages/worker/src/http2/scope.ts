/** For whom code runs: the containment of crashes says how a request's code is found again. */
import type { StreamSocket } from './stream-socket.ts';

type Scope = (socket: StreamSocket, run: () => void) => void;

let scope: Scope | undefined;
let now: StreamSocket | undefined;

/** @param enter runs the code of a request's handler, and all that it starts, so that the request is known */
export const keepScope = (enter: Scope): void => {
  scope = enter;
};

/** Calls the app for the request of this stream. */
export function within(socket: StreamSocket, run: () => void): void {
  now = socket;
  if (scope) scope(socket, run);
  else run();
  // Not where the code has thrown: then it is looked up behind it.
  now = undefined;
}

/** The stream whose handler runs, or has just thrown. */
export const streamNow = (): StreamSocket | undefined => now;

export const forgetNow = (): void => {
  now = undefined;
};
