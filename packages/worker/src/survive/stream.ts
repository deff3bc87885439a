/**
 * `import { surviveStream } from 'tshorn'`: an event stream, or another long chunked response, moves to another worker
 * between two chunks and goes on there in the same response.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { worker } from '../api.ts';
import { betweenRequests, sentHead } from '../http-internals.ts';
import {
  type AnswerHead,
  headerOf,
  headersBut,
  headOf,
  type RequestHead,
  registry,
  type Survivor,
} from './registry.ts';
import { stateText } from './state.ts';

/** Produces a stream from a state on. What it returns tells the state from which another worker goes on. */
export type Produce<State> = (
  stream: http.ServerResponse,
  state: State,
  request: http.IncomingMessage,
  // biome-ignore lint/suspicious/noConfusingVoidType: a stream without a state returns nothing.
) => (() => State) | void;

/** Begins a stream on a response whose head the handler has written, or on one that it has not. */
export type Begin<State> = (response: http.ServerResponse, state: State) => void;

export interface SurviveStreamOptions {
  /** The most bytes that a state may have as JSON. Default: 65,536. With more the stream does not move. */
  readonly maxState?: number;
}

/**
 * Registers what produces a stream, under a name that is the same in every release. Call what it returns in a
 * handler, with the response and the state to begin with; in the worker that the stream moves to, `produce` is
 * called by itself, with the state that the former one has returned. There the response is another object, in the
 * middle of the same answer: its head has been sent. The one that is left behind emits 'close', as it does
 * when its client goes.
 *
 * @throws TypeError when two streams have one name
 */
export function surviveStream<State = undefined>(
  name: string,
  produce: Produce<State>,
  { maxState }: SurviveStreamOptions = {},
): Begin<State> {
  if (typeof name !== 'string' || name === '' || typeof produce !== 'function') {
    throw new TypeError(
      "surviveStream(): expected a name and a function: surviveStream('ticks', (stream, state) => { ... })",
    );
  }
  const continuation = `stream:${name}`;
  const { continuations } = registry();
  if (continuations.has(continuation)) {
    throw new TypeError(`surviveStream(): two streams are called "${name}"; give each its own name`);
  }
  const begin = (response: http.ServerResponse, state: State) => {
    if (!response.headersSent) response.flushHeaders();
    const { req: request } = response;
    const head = headOf(request);
    const save = produce(response, state, request) ?? undefined;
    if (worker.active) {
      const pack = () => stateText(save ? save() : undefined, maxState);
      register(new SurvivingStream(response, continuation, head, pack));
    }
  };
  if (worker.active) {
    const resume = (response: http.ServerResponse, state: unknown) => begin(response, state as State);
    continuations.set(continuation, { kind: 'response', resume });
  }
  return begin;
}

function register(survivor: SurvivingStream): void {
  const { survivors } = registry();
  survivors.add(survivor);
  survivor.response.once('close', () => survivors.delete(survivor));
}

const LAST_CHUNK = '0\r\n\r\n';
/** What only the body that has been read already is about. */
const OF_THE_BODY = new Set(['content-length', 'transfer-encoding', 'expect', 'trailer']);

class SurvivingStream implements Survivor {
  readonly response: http.ServerResponse;
  readonly socket: Socket;
  readonly continuation: string;
  readonly request: RequestHead;
  readonly pack: () => string;

  constructor(response: http.ServerResponse, continuation: string, head: RequestHead, pack: () => string) {
    this.response = response;
    this.socket = response.req.socket;
    this.continuation = continuation;
    this.request = { ...head, rawHeaders: headersBut(head.rawHeaders, OF_THE_BODY) };
    this.pack = pack;
  }

  get answer(): AnswerHead {
    return sentHead(this.response);
  }

  refusal(): string {
    const { response } = this;
    if (response.writableEnded || response.destroyed) return 'closing';
    if (!response.chunkedEncoding) return 'not-chunked';
    // Half of a request has been read, or another one waits behind this response.
    if (!betweenRequests(response)) return 'message';
    return response.writableLength > 0 ? 'queue' : '';
  }

  isOver(): boolean {
    return this.response.writableEnded;
  }

  leave(): void {
    registry().survivors.delete(this);
    this.socket.destroy();
  }

  /**
   * An event stream may end: its client comes back. Any other answer would look complete, and must break off. The last
   * chunk is written past the response, between two of its own (RFC 9112, section 7.1): the app does not know that
   * it is over, and writing on a response that has ended is an error that would end the worker.
   */
  close(): void {
    const { answer, socket, response } = this;
    const isEvents = headerOf(answer, 'content-type').startsWith('text/event-stream');
    if (!isEvents || !response.chunkedEncoding) return void socket.destroy();
    socket.write(LAST_CHUNK);
    socket.destroySoon();
  }
}
