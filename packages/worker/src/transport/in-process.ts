/** Marks the connections of requests that a worker sends to its own app: they are no traffic. */

const TRACE = Symbol('tshorn.in-process');

/** The part of a request's outcome that no answer can tell, written by the app's adapter. */
export interface Trace {
  /** The error of the handler, or the certain fault in it. */
  failure?: unknown;
}

/** @returns where a failure of the request will be noted */
export function markInProcess(socket: object): Trace {
  const trace: Trace = {};
  Object.assign(socket, { [TRACE]: trace });
  return trace;
}

export const isInProcess = (socket: object): boolean => TRACE in socket;

/** Does nothing for a socket that is not marked. */
export function noteFailure(socket: object, failure: unknown): void {
  const trace = (socket as { [TRACE]?: Trace })[TRACE];
  if (trace && !('failure' in trace)) trace.failure = failure;
}
