/**
 * Connections that move with a state: what the app has registered (websocket.ts), and what the worker asks of
 * it (../handoff-sender.ts, ../handoff-receiver.ts). Both sides are bundles of their own, so they meet on the global object.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHead } from './heads.ts';

/** What `request.handoff` says in the worker that a connection has moved to. */
export interface HandoffNotice {
  /** What the app's `save` has returned in the worker that it comes from; undefined without one. */
  readonly state: unknown;
}

/** What a WebSocket's two ends have agreed upon, as the 101 said it; empty: nothing. */
export interface Agreement {
  readonly protocol: string;
  readonly extensions: string;
}

/** The head of a response that goes on elsewhere. */
export interface AnswerHead {
  readonly status: number;
  readonly rawHeaders: readonly string[];
}

/** One connection that another worker can go on with. */
export interface Survivor {
  readonly socket: Socket;
  /** The name of what goes on with it there. */
  readonly resumer: string;
  readonly request: RequestHead;
  /** The response that it is in the middle of, if it is. */
  readonly answer?: AnswerHead;
  /** Of a WebSocket. */
  readonly agreement?: Agreement;
  /** Why it cannot move at this moment, in a word; empty when it can. */
  refusal(): string;
  /** Whether what the app has sent is not all written yet: it is being compressed, or comes in parts. */
  isSending?(): boolean;
  /** Whether the app has come to the end of it: what was held is the rest, and nobody goes on with it. */
  isOver?(): boolean;
  /** The state as JSON. Called to see whether there is one, and again when it moves. Throws a sentence for the log. */
  pack(): string;
  /**
   * Its client is another worker's: whatever the app has of it is closed, in this very tick.
   * @param goesOn whether that worker has what it needs; otherwise it sends the client away
   */
  leave(goesOn: boolean): void;
  /** It could not move, and the time is over: its client is told so, and comes back by itself. */
  close(): void;
}

/** What goes on with a connection. */
export interface Resumer {
  /** `upgrade`: the request is upgraded again; `response`: its response is in the middle. */
  readonly kind: 'upgrade' | 'response';
  /** Goes on with a response, whose head has been sent; for the kind `response` only. */
  resume?(response: http.ServerResponse, state: unknown): void;
}

export interface Registry {
  readonly survivors: Set<Survivor>;
  readonly resumers: Map<string, Resumer>;
  /** Tells the master of a connection that came and does not go on; until the worker is in service nobody is told. */
  resumeFailed(resumer: string, reason: string): void;
}

const KEY = Symbol.for('tshorn.survive');
const shared = globalThis as { [KEY]?: Registry };

export function registry(): Registry {
  shared[KEY] ??= { survivors: new Set(), resumers: new Map(), resumeFailed: () => {} };
  return shared[KEY];
}

/** What the worker that takes a connection is told of it. */
export interface Payload {
  readonly request: RequestHead;
  readonly answer?: AnswerHead;
  readonly agreement?: Agreement;
  /** What was held is the rest of it. */
  readonly over?: true;
  /** JSON, as the app saved it; absent when there was nothing to save. */
  readonly state?: string;
  /** What was written after it had been found at rest: base64. */
  readonly held: string;
}

export const pack = (payload: Payload): string => JSON.stringify(payload);
/** It comes from this release's own code, in another process. */
export const unpack = (text: string): Payload => JSON.parse(text) as Payload;
