/** A chunked response in the middle, which another worker can resume. */
import http from 'node:http';
import type { Socket } from 'node:net';
import { betweenRequests, sentHead } from '../transport/http1-internals.ts';
import { headerOf, headersBut, type RequestHead } from './heads.ts';
import { markMoved } from './moved.ts';
import { type AnswerHead, type Migratable, registry } from './registry.ts';

const LAST_CHUNK = '0\r\n\r\n';
/** Headers of the request's body, which has been read. */
const OF_THE_BODY = new Set(['content-length', 'transfer-encoding', 'expect', 'trailer']);

interface Parts {
  readonly response: http.ServerResponse;
  readonly resumer: string;
  readonly head: RequestHead;
  /** Undefined when the app cannot save the state. */
  readonly pack: (() => string) | undefined;
}

export class MigratableStream implements Migratable {
  readonly socket: Socket;
  readonly resumer: string;
  readonly request: RequestHead;
  readonly #response: http.ServerResponse;
  readonly #pack: (() => string) | undefined;
  readonly #hasEncoding: boolean;

  /** The head of the response has been sent. */
  constructor({ response, resumer, head, pack }: Parts) {
    this.#response = response;
    this.socket = response.req.socket;
    this.resumer = resumer;
    this.request = { ...head, rawHeaders: headersBut(head.rawHeaders, OF_THE_BODY) };
    this.#pack = pack;
    this.#hasEncoding = !/^(?:identity)?$/i.test(headerOf(this.answer, 'content-encoding'));
  }

  register(): void {
    const { migratables } = registry();
    migratables.add(this);
    this.#response.once('close', () => migratables.delete(this));
  }

  get answer(): AnswerHead {
    return sentHead(this.#response);
  }

  refusal(): string {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return 'closing';
    if (!response.chunkedEncoding) return 'not-chunked';
    if (this.#hasEncoding || isWrapped(response)) return 'encoded';
    if (!this.#pack) return 'state';
    // Half of a request has been read, or another one waits behind this response.
    if (!betweenRequests(response)) return 'message';
    return response.writableLength > 0 ? 'queue' : '';
  }

  isOver(): boolean {
    return this.#response.writableEnded;
  }

  pack(): string {
    return this.#pack?.() ?? '';
  }

  leave(resumed: boolean): void {
    registry().migratables.delete(this);
    // A stream that the app has ended is resumed nowhere.
    if (resumed && !this.isOver()) {
      markMoved(this.#response);
      // Apps listen to the request's 'close', too.
      markMoved(this.#response.req);
    }
    this.socket.destroy();
  }

  /**
   * An event stream may end: its client comes back. Any other answer would look complete, and must break off. The last
   * chunk is written past the response, between two of its own (RFC 9112, section 7.1): the app does not know that
   * it is over, and writing on a response that has ended is an error that would end the worker.
   *
   * A response with a content coding ends in the same way, though its compressor's trailer is never written. Chunks are the framing around
   * the coded bytes, and an event that was flushed can be decoded without what follows: Chromium, curl and Node's fetch
   * take this for an end, a strict decoder for an error, and an EventSource reconnects after either. To break it off
   * would lose what is still to be sent, and fail whoever reads it by `fetch`.
   */
  close(): void {
    const isEvents = headerOf(this.answer, 'content-type').startsWith('text/event-stream');
    if (!isEvents || !this.#response.chunkedEncoding) return void this.socket.destroy();
    this.socket.write(LAST_CHUNK);
    this.socket.destroySoon();
  }
}

/**
 * A middleware has replaced `write`, and keeps its state (compression, counting) in this process. In the other worker the
 * response does not pass the middleware. One that has only replaced `end` (express-session) is no reason to stay.
 */
const isWrapped = ({ write }: http.ServerResponse): boolean => write !== http.ServerResponse.prototype.write;
