/**
 * The boundary between a worker's life (probe, drain, handoff, closing, heartbeat) and the protocol that the app's
 * server speaks. A worker has one transport, created when its app is loaded. http1.ts implements it for HTTP/1.1, over
 * plain TCP and over the app's own TLS.
 */
import type http from 'node:http';
import type net from 'node:net';
import type { Socket } from 'node:net';
import type { ToMaster } from '@tshorn/core';
import type { Answer, Question } from './ask-in-process.ts';
import type { Kind } from './before.ts';

/** The reasons that the master knows. */
export type Immovable = Extract<ToMaster, { type: 'accepting' }>['immovable'];

/** The methods that are used of a raw TCP or Pipe handle. */
export interface RawHandle {
  readStop(): number;
  readStart(): number;
  close(): void;
  readonly writeQueueSize?: number;
}

/** One request with its response. */
export interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly socket: Socket;
}

export interface ExchangeObserver {
  /**
   * The headers of a request have been read; called before the app's handler.
   * @param begunAt now, on the clock of performance.now()
   */
  begun(exchange: Exchange, begunAt: number): void;
  /**
   * The whole response has been handed to its socket.
   * @param tookMs milliseconds since the request's headers. Of requests that are pipelined on one connection, the time of an
   *   earlier one counts from the begin of the last.
   */
  finished(exchange: Exchange, tookMs: number): void;
  /**
   * The connection has closed before the whole response was handed to it, by the client, the app or the end of the process.
   * @param count how many requests of this connection that has ended: `exchange` is the first, others were pipelined behind it
   */
  aborted(exchange: Exchange, tookMs: number, count: number): void;
}

/** What a transport reports to the meter, which knows the rest. */
export type Report = (exchange: Exchange) => void;

/** A connection that is no longer read here, so that its handle can be sent to another worker. */
export interface Detached {
  readonly handle: RawHandle;
  /** What the next worker needs beside the handle; the secrets of TLS, so it must not be shown. */
  readonly carry?: string;
  /** Reads it again: no other worker took it. Bytes that came meanwhile have waited in the kernel. */
  attach(): void;
}

/**
 * A turn of the event loop that was interrupted: by a debugger, in code that does not come to an end, or by
 * `process.exit()`. What holds for a connection between two turns need not hold now.
 */
export interface InterruptedTurn {
  /** True when the code that was interrupted cannot be at work on this connection, as far as that can be seen. */
  isApart(socket: Socket): boolean;
  /** The same for a connection that is idle: no response of it waits for the rest of the turn. */
  isIdle(socket: Socket): boolean;
  /** To be called last. */
  end(): void;
}

/** The connections of a worker that drains; `Transport.drain` creates it. */
export interface DrainingConnections {
  /** From here on every connection is told to close: by `Connection: close` in HTTP/1.1. */
  beginClosing(): void;
  /**
   * Closes the connections that are to close and have been idle for `lingerMs` milliseconds.
   * @param now on the clock of performance.now(), from before the event loop has read last: what has come by then is known
   * @returns how many
   */
  closeIdle(lingerMs: number, now: number): number;
  /** How many of those that have closed, or are told to, have shown a reason not to move since the drain began. */
  readonly refused?: Readonly<Record<string, number>>;
  /** Destroys every connection, upgraded ones too. */
  forceClose(): void;
  /** Stops announcing: the worker serves again. */
  release(): void;
}

/**
 * Connections of the app's server that its own protocol does not know: they speak another one, or have not said so far
 * which one. All that the worker asks its transport is answered for them as well.
 */
export interface Beside {
  open(): readonly Socket[];
  /** On which no client waits for an answer. */
  idle(): readonly Socket[];
  openResponses(): readonly http.ServerResponse[];
  /** A connection that was silent so far has come from another worker. */
  arrived?(socket: Socket, serve: (socket: Socket) => void): void;
  drain(): DrainingConnections;
}

/**
 * Takes a connection that another worker has sent before anything came on it: it begins like one of a listener of this kind.
 * @param isKnown true when a proxy has told the client's addresses there
 */
export type Enter = (socket: Socket, kind: Kind, isKnown: boolean) => void;

export interface Transport {
  /** The app's server. The master's listeners are attached to it, whatever protocol it speaks. */
  readonly server: net.Server;

  /** Reports the begin of every exchange to the meter, the one observer, until the returned function is called. */
  onBegun(begun: Report): () => void;
  /** The same for the end of every exchange. */
  onFinished(finished: Report): () => void;
  /**
   * The first unfinished response of each connection: those pipelined behind it have not begun.
   * Undefined where this Node's server cannot be inspected.
   */
  openResponses(): http.ServerResponse[] | undefined;

  /** Sends one request to the app within this process. @throws NoAnswer after `timeout`, Error for a broken answer */
  ask(question: Question): Promise<Answer>;
  /** True when the app's server has a listener for requests. */
  answersRequests(): boolean;
  /**
   * Shows each request to `handler` before the app; a request for which it returns true does not reach the app.
   * @returns the function that removes the handler
   */
  intercept(handler: (request: http.IncomingMessage, response: http.ServerResponse) => boolean): () => void;

  /** Connections that speak the protocol now, idle or not; upgraded ones are not among them. */
  open(): readonly Socket[];
  /** Connections on which no client waits for an answer: between two requests, or silent since they came. */
  idle(): Iterable<Socket>;
  /** Connections in the middle of an event stream (`text/event-stream`). */
  eventStreams(): readonly Socket[];
  /** Open WebSockets whose upgrade the app has answered, the oldest first. */
  webSockets(): Socket[];
  /** True when the app's server upgrades connections. */
  upgrades(): boolean;

  /** Why no connection of this server can move, known once it listens; empty when they can. */
  immovable(): Immovable;
  /** Why this connection can never move (`stay`, `data-listener`, `half-closed`). */
  whyImmovable(socket: Socket): string | undefined;
  /** True for an idle connection that can move now: nothing is under way in either direction. */
  isAtRest(socket: Socket): boolean;
  /** True when everything that was written on a connection has left the process; it may be in the middle of a response. */
  isFlushed(socket: Socket): boolean;
  /** Looks at the connections in the middle of a turn, which does not go on. */
  interrupted(): InterruptedTurn;
  /**
   * Stops reading a connection **before** looking at it, so that no byte can come in between.
   * @param bytesRead what had been read when the idle connection was found: one that has read more is not at rest any
   *   more. Without it the connection may be in the middle of a response; the caller decides whether it may go.
   * @returns undefined when something is under way; then the connection is served on
   */
  detach(socket: Socket, bytesRead?: number): Detached | undefined;
  /** Makes a connection of a handle that came from another worker. The app's server owns it, but does not read it yet. */
  connectionOf(handle: RawHandle, carry?: string): Socket;
  /** To be called before: what has to be loaded for such a connection. Undefined when that has been done. */
  prepare(carry: string | undefined): Promise<void> | undefined;
  /** Has the app's server serve this connection. */
  serve(socket: Socket): void;
  /** The same for an idle connection, which then has the keep-alive timeout to send its next request. */
  serveIdle(socket: Socket): void;

  /** Has these answered for and drained with the others. */
  join(beside: Beside): void;
  /** Called once, before connections come. */
  enterBy(enter: Enter): void;

  /** Begins to treat connections as those of a worker that drains. */
  drain(exchanges: ExchangeSource): DrainingConnections;
}

/** The meter, as a transport sees it: one subscription to the exchanges serves everybody. */
export interface ExchangeSource {
  /** @returns the function that ends the subscription */
  listen(listener: { readonly begun?: Report; readonly finished?: Report }): () => void;
}
