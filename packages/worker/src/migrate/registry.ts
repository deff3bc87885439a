/**
 * Connections that move with a state. The app's side registers them (websocket.ts, stream.ts), and the worker's side moves
 * them (../handoff-sender.ts, ../handoff-receiver.ts). Each side is a bundle of its own, so they meet on the global object.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { SoFar } from '../transport/moves.ts';
import type { RequestHead } from './heads.ts';

/** The value of `request.handoff` in the worker that a connection has moved to. */
export interface HandoffNotice {
  /** The result of the app's `save` in the worker that the connection comes from; undefined without `save`. */
  readonly state: unknown;
}

/** The protocol and the extensions of a WebSocket, as in the headers of the 101; empty for none. */
export interface Agreement {
  readonly protocol: string;
  readonly extensions: string;
}

/** The head of a response that another worker resumes. */
export interface AnswerHead {
  readonly status: number;
  readonly rawHeaders: readonly string[];
}

/** One WebSocket or stream that another worker can resume. */
export interface Migratable {
  readonly socket: Socket;
  /** The name of the resumer in the other worker. */
  readonly resumer: string;
  readonly request: RequestHead;
  /** The head of the response that is being sent; absent for a WebSocket. */
  readonly answer?: AnswerHead;
  /** Absent for a stream. */
  readonly agreement?: Agreement;
  /** The reason why it cannot move at this moment, as one word; empty when it can. */
  refusal(): string;
  /** True while a message of the app is not all written: it is being compressed, or comes in parts. */
  isSending?(): boolean;
  /** True when the app has ended the stream: the held bytes are its rest, and nothing is left to resume. */
  isOver?(): boolean;
  /**
   * The state as JSON. Called before the move to see whether there is one, and again when the connection moves.
   * @throws an error whose message goes to the log
   */
  pack(): string;
  /**
   * Another worker owns the client: closes the app's object, in this very tick.
   * @param resumed false when the state was lost, and the other worker tells the client to reconnect
   */
  leave(resumed: boolean): void;
  /** Closes it by its protocol, so that its client reconnects: it did not move in time. */
  close(): void;
}

/** Resumes connections of one kind in this worker. */
export interface Resumer {
  /** `upgrade`: the request is upgraded again. `response`: the response continues in the middle. */
  readonly kind: 'upgrade' | 'response';
  /** Continues a response whose head has been sent; for the kind `response` only. */
  resume?(response: http.ServerResponse, state: unknown): void;
}

export interface Registry {
  readonly migratables: Set<Migratable>;
  readonly resumers: Map<string, Resumer>;
  /** Reports to the master that a connection came and was not resumed. Does nothing until the worker is in service. */
  resumeFailed(resumer: string, reason: string): void;
}

const KEY = Symbol.for('tshorn.survive');
const shared = globalThis as { [KEY]?: Registry };

export function registry(): Registry {
  shared[KEY] ??= { migratables: new Set(), resumers: new Map(), resumeFailed: () => {} };
  return shared[KEY];
}

/** The state of a connection on its way to the receiver. */
export interface Payload {
  readonly request: RequestHead;
  readonly answer?: AnswerHead;
  readonly agreement?: Agreement;
  /** The held bytes are the rest of the stream. */
  readonly over?: true;
  /** JSON, as the app saved it; absent when there was nothing to save. */
  readonly state?: string;
  /** The connection that all this belongs to; see `identityOf`. Absent from a worker of an older tshorn. */
  readonly socket?: string;
  /** The bytes that the app wrote after the connection had been found at rest, as base64. */
  readonly held: string;
  /** Absent without an access log. */
  readonly soFar?: SoFar;
}

export const pack = (payload: Payload): string => JSON.stringify(payload);
/** The text comes from tshorn's own code in another process. */
export const unpack = (text: string): Payload => JSON.parse(text) as Payload;
