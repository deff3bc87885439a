/** Marks the connections of requests that a worker sends to its own app: they are no traffic. */

const TRACE = Symbol('tshorn.in-process');

/** What the app's adapter tells of a request that no answer can tell. */
export interface Trace {
  /** What the handler threw, or what is certainly wrong with it. */
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
