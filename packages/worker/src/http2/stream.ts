/** One request with its response, as frames. Created by the session, which owns the connection. */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { within } from '../transport/stream-scope.ts';
import { INTERNAL_ERROR, NO_ERROR } from './frames.ts';
import type { Answering, Carrying, Connection, Sending } from './parts.ts';
import { tellClosed, tellDrained } from './response.ts';
import { StreamSocket } from './stream-socket.ts';

type Callback = (error?: Error) => void;

interface Pending {
  bytes: Uint8Array;
  readonly callback: Callback | undefined;
}

const EMPTY = Buffer.alloc(0);

export class Stream implements Answering, Carrying, Sending {
  readonly id: number;
  readonly session: Connection;
  readonly socket: StreamSocket;
  request: http.IncomingMessage | undefined;
  response: http.ServerResponse | undefined;
  sendWindow: number;
  /** Bytes that have come and that the client has not been allowed anew. */
  unacknowledged = 0;
  /** Bytes of the body that were announced, -1 without, and those that have come. */
  expected = -1;
  received = 0;
  /** The whole request has come, or the client has taken it back. */
  remoteEnded = false;
  /** END_STREAM or RST_STREAM has been sent. */
  localEnded = false;
  isQueued = false;
  queuedBytes = 0;
  #isPaused = false;
  #fields: string[] | undefined;
  #headLength = 0;
  #maySendHead = false;
  #interim: string[][] | undefined;
  #queue: Pending[] = [];
  #isEnding = false;
  #trailers: string[] | undefined;
  /** Bytes of the response's body that were announced, -1 without, and those that were given. */
  #promised = -1;
  #given = 0;
  #needsDrain = false;

  constructor(session: Connection, id: number, sendWindow: number) {
    this.session = session;
    this.id = id;
    this.sendWindow = sendWindow;
    this.socket = new StreamSocket(this);
  }

  get isOver(): boolean {
    return this.remoteEnded && this.localEnded;
  }

  // What comes.

  /** A part of the body. */
  receive(bytes: Uint8Array, paddedLength: number): void {
    const { request, socket } = this;
    this.received += bytes.length;
    this.unacknowledged += paddedLength;
    socket.bytesRead += bytes.length;
    socket.active();
    const isUnwanted = !request || (request as { _dumped?: boolean })._dumped;
    if (!isUnwanted && bytes.length > 0) this.#push(request, bytes);
    this.#allowMore();
  }

  /** The request is whole. */
  receiveEnd(): void {
    this.remoteEnded = true;
    const { request } = this;
    if (request) {
      request.complete = true;
      this.#push(request, null);
    }
    this.#closeIfOver();
  }

  /** The listeners of the app may be called at once. */
  #push(request: http.IncomingMessage, bytes: Uint8Array | null): void {
    within(this.socket as unknown as Socket, () => {
      if (!request.push(bytes) && bytes) this.#isPaused = true;
    });
  }

  resume(): void {
    this.#isPaused = false;
    this.#allowMore();
  }

  pause(): void {
    this.#isPaused = true;
  }

  #allowMore(): void {
    if (this.#isPaused || this.remoteEnded || this.unacknowledged < this.session.streamWindow / 2) return;
    this.session.allow(this.id, this.unacknowledged);
    this.unacknowledged = 0;
  }

  // What goes.

  responds(fields: string[], promised: number): void {
    this.#fields = fields;
    this.#promised = promised;
  }

  sendHead(length: number): void {
    this.#headLength = length;
    this.#maySendHead = true;
    this.#wants();
  }

  sendInterim(fields: string[]): void {
    this.#interim ??= [];
    this.#interim.push(fields);
    this.#wants();
  }

  write(
    data: string | Uint8Array,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ): boolean {
    const bytes =
      typeof data === 'string' ? (data === '' ? EMPTY : Buffer.from(data, encoding ?? 'utf8')) : data;
    this.#given += bytes.length;
    if (this.#promised >= 0 && this.#given > this.#promised) {
      this.destroy(new Error(`the body is longer than its content-length of ${this.#promised}`));
      return false;
    }
    if (bytes.length > 0 || callback) this.#queue.push({ bytes, callback });
    this.queuedBytes += bytes.length;
    this.#wants();
    const isFull = this.queuedBytes >= this.socket.writableHighWaterMark;
    if (isFull) this.#needsDrain = true;
    return !isFull;
  }

  endResponse(trailers: string[] | undefined): void {
    if (this.#promised >= 0 && this.#given < this.#promised) {
      // A part of a response must not look like the whole of it.
      this.session.flush();
      return this.destroy(new Error(`the body is shorter than its content-length of ${this.#promised}`));
    }
    this.#isEnding = true;
    this.#trailers = trailers && trailers.length > 0 ? trailers : undefined;
    this.#wants();
  }

  #wants(): void {
    this.session.wants(this);
  }

  writeOut(most: number): boolean {
    if (this.localEnded) return false;
    const { session, id } = this;
    for (const fields of this.#interim?.splice(0) ?? []) session.sendFields(id, fields, false);
    if (!this.#maySendHead) return false;
    if (this.#fields) {
      const isAll = this.#isEnding && this.queuedBytes === 0 && !this.#trailers;
      session.sendFields(id, this.#fields, isAll);
      this.#fields = undefined;
      this.socket._bytesDispatched += this.#headLength;
      if (isAll) return this.#sentAll();
    }
    let left = most;
    let at = 0;
    const queue = this.#queue;
    for (; at < queue.length; at++) {
      const pending = queue[at] as Pending;
      while (pending.bytes.length > 0) {
        const length = Math.min(pending.bytes.length, left, session.room(this));
        if (length <= 0) return this.#wait(at, left);
        const isAll = this.#isEnding && length === this.queuedBytes && !this.#trailers;
        session.sendData(this, pending.bytes.subarray(0, length), isAll);
        this.queuedBytes -= length;
        this.socket._bytesDispatched += length;
        left -= length;
        if (isAll) return this.#sentAll();
        pending.bytes = pending.bytes.subarray(length);
      }
      if (pending.callback) process.nextTick(pending.callback);
    }
    this.#queue = [];
    if (this.#isEnding) {
      if (this.#trailers) session.sendFields(id, this.#trailers, true);
      else session.sendData(this, EMPTY, true);
      return this.#sentAll();
    }
    this.#drained();
    return false;
  }

  #wait(at: number, left: number): boolean {
    if (at > 0) this.#queue = this.#queue.slice(at);
    this.#drained();
    return left <= 0;
  }

  #drained(): void {
    if (!this.#needsDrain || this.queuedBytes >= this.socket.writableHighWaterMark / 2) return;
    this.#needsDrain = false;
    if (this.response) process.nextTick(tellDrained, this.response);
  }

  #sentAll(): false {
    for (const { callback } of this.#queue) if (callback) process.nextTick(callback);
    this.#queue = [];
    this.localEnded = true;
    this.socket.active();
    this.#closeIfOver();
    return false;
  }

  // The end.

  /**
   * Nobody reads the rest of the body, and the whole response has been sent: the client is told to stop, which is no error
   * (RFC 9113, section 8.1). Otherwise the stream would count among those at once for as long as the client sends, or waits.
   */
  dumped(): void {
    if (!this.localEnded || this.isOver) return;
    this.session.sendReset(this.id, NO_ERROR);
    // Not aborted: to the app it is as with HTTP/1, where Node reads the rest and throws it away.
    this.receiveEnd();
  }

  #closeIfOver(): void {
    if (!this.isOver) return;
    this.session.forget(this);
    this.socket.closed();
  }

  /** By the app, or for what it has done: the client sees that the response is not whole. */
  destroy(error?: Error): void {
    if (this.isOver) {
      this.socket.destroyed = true;
      return;
    }
    this.socket.errored ??= error ?? null;
    this.reset(this.localEnded ? NO_ERROR : INTERNAL_ERROR);
  }

  /** Ends it at once, and tells the client. */
  reset(code: number): void {
    if (this.isOver) return;
    this.session.sendReset(this.id, code);
    this.#abort();
  }

  /**
   * The client has taken it back, or its connection has ended.
   * @param isByClient false where this end closes the connection: the access log tells the two apart
   */
  aborted(error: Error, isByClient = true): void {
    if (this.isOver) return;
    this.socket.readableEnded = isByClient;
    this.socket.errored ??= error;
    this.#abort();
  }

  #abort(): void {
    this.remoteEnded = true;
    this.localEnded = true;
    this.queuedBytes = 0;
    this.#queue = [];
    this.session.forget(this);
    this.socket.closed();
    process.nextTick(tellAborted, this);
  }
}

/** In the order in which a connection of HTTP/1 tells it (socketOnClose and onServerResponseClose in lib/_http_server.js). */
function tellAborted({ request, response, socket }: Stream): void {
  const isOpen = socket._httpMessage !== null || request?.complete === false;
  if (response) tellClosed(response);
  if (request && isOpen && !request.destroyed) {
    request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }
}
