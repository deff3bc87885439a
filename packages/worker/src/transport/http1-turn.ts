/** The HTTP/1.1 connections in the middle of a turn. Created for one look; see rescue/hand-out.ts. */
import type { Socket } from 'node:net';
import { forgetIdle, isBetweenResponses, isParsing, numberOf } from './http1-internals.ts';
import type { InterruptedTurn } from './transport.ts';

/** Node's listener of new connections (lib/net.js): below the code that runs, it is a 'connection' listener. */
const ACCEPTS = /\bonconnection \(node:net:/;

export class Http1Turn implements InterruptedTurn {
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

  isApart(socket: Socket): boolean {
    return !isParsing(socket) && !this.#beginning.has(socket);
  }

  isIdle(socket: Socket): boolean {
    return this.isApart(socket) && !isBetweenResponses(socket);
  }

  /** V8 drops the microtasks of a turn that the debugger terminates (Runtime.terminateExecution), and one of them forgets the scan. */
  end(): void {
    forgetIdle();
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
