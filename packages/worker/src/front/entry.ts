/** The way of a connection from a listener to the app's server, in steps: PROXY header, TLS, HTTP/2, the app. */
import type net from 'node:net';
import type tls from 'node:tls';

/** Takes a connection. It counts as one of the app's server already, and is closed by whoever refuses it. */
export type Entry = (socket: net.Socket) => void;

/**
 * A step before the app: it reads what it has to from the connection, puts back what is not its own
 * (`socket.unshift`), and calls `next`, in this turn or later. A connection that it refuses it destroys.
 */
export type Step = (socket: net.Socket, next: Entry) => void;

/** HTTP/2, for listeners of both kinds. */
export interface Http2 {
  /** Tells by the first bytes: takes the connection where they are HTTP/2's preface, and calls `next` where not. */
  readonly plain: Step;
  /** Takes a TLS connection that has agreed on `h2`. */
  readonly secure: (socket: tls.TLSSocket) => void;
}

/** How a listener takes its connections; without one they go to the server, as Node has it. */
export interface Way {
  readonly entry: Entry;
  /** Given where the sockets are to differ from those that the server would make. */
  readonly allowHalfOpen?: boolean;
}

/** Of a listener that redirects: its port and that of https; absent for a unix socket, behind a proxy. */
export interface Ports {
  readonly http?: number;
  readonly https?: number;
}

/** @param address as it came with the listener; @param redirect of one that serves redirects */
export type WayOf = (address: string, redirect?: Ports) => Way | undefined;

/** True for a listener whose connections begin with a handshake. */
export const isHttps = (address: string): boolean => address.startsWith('https://');
