/**
 * A turn of the event loop that was interrupted: by a debugger, in code that does not come to an end, or by
 * `process.exit()`. What holds for a connection between two turns need not hold now, and the code that runs may be the
 * one that was called for it. Created for one look; see rescue/hand-out.ts.
 */
import type { Socket } from 'node:net';
import { forgetIdle, isBetweenResponses, isParsing, numberOf } from './http1-internals.ts';

/** Node's listener of new connections (lib/net.js): below the code that runs, it is a 'connection' listener. */
const ACCEPTS = /\bonconnection \(node:net:/;

export class InterruptedTurn {
  /** Connections whose 'connection' listeners may be running. */
  readonly #beginning: ReadonlySet<Socket | undefined>;

  /**
   * @param open the connections that speak HTTP
   * @param served the one that has come from another worker and is being given to the app
   */
  constructor(open: readonly Socket[], served: Socket | undefined) {
    forgetIdle();
    this.#beginning = new Set([served, isAccepting() ? newest(open) : undefined]);
  }

  /** True when the code that was interrupted cannot be at work on this connection, as far as that can be seen. */
  isApart(socket: Socket): boolean {
    return !isParsing(socket) && !this.#beginning.has(socket);
  }

  /** The same for a connection that is idle: no response of it waits for the rest of the turn. */
  isIdle(socket: Socket): boolean {
    return this.isApart(socket) && !isBetweenResponses(socket);
  }
}

const newest = (sockets: readonly Socket[]): Socket | undefined =>
  sockets.reduce<Socket | undefined>(
    (last, socket) => (last && numberOf(last) > numberOf(socket) ? last : socket),
    undefined,
  );

/** The stack of a call of a debugger includes that of the code that is paused. */
function isAccepting(): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  // An app's own would run, and it may be what is stuck.
  Error.prepareStackTrace = undefined as never;
  try {
    return ACCEPTS.test(String(new Error('stack').stack));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}
