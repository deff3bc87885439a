/**
 * The server's end of one HTTP/2 connection (RFC 9113). An implementation of our own, because a drain has to say when it leaves
 * and refuse nothing: `node:http2` refuses the requests that cross with its only notice, its requests are not those that
 * Express expects, and it costs more for each (docs/decisions/http2.md). Created by Sessions for a connection that has
 * agreed on `h2` or begins with the preface.
 *
 * What comes is dealt with in incoming.ts; what goes is gathered for a turn of the event loop and leaves in one write.
 */
import http from 'node:http';
import type { Socket } from 'node:net';
import { takeStreamNow } from '../transport/stream-scope.ts';
import {
  ACK,
  CONTINUATION,
  ConnectionError,
  DATA,
  DEFAULT_WINDOW,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HEADER_BYTES,
  HEADERS,
  HIGHEST,
  INTERNAL_ERROR,
  MOST_PAYLOAD,
  NO_ERROR,
  PING,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frames.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import { Incoming } from './incoming.ts';
import { Outbox, writeHeader } from './outbox.ts';
import type { Sending } from './parts.ts';
import type { Peer } from './peer.ts';
import { CONNECTION_WINDOW, ownSettings, STREAM_WINDOW } from './settings.ts';
import type { Stream } from './stream.ts';

/** Data of one stream in a row, where others have something to send. */
const TURN = 65_536;
/** Bytes that wait in the connection's socket: beyond, bodies wait in their responses. */
const MOST_WAITING = 262_144;
/** The client has this many milliseconds to close a connection that is over. */
const LINGER_MS = 2_000;
/** Tells our own PING from others. */
const OWN_PING = [0x7473_686f, 0x726e_0001] as const;
const RESET = Object.assign(new Error('the client has closed the connection'), { code: 'ECONNRESET' });

export class Session implements Peer {
  readonly server: http.Server;
  readonly socket: Socket;
  readonly streams = new Map<number, Stream>();
  readonly streamWindow = STREAM_WINDOW;
  /** Bytes of a request's fields. */
  readonly mostList: number;
  sendWindow = DEFAULT_WINDOW;
  initialWindow = DEFAULT_WINDOW;
  mostPayload = MOST_PAYLOAD;
  readonly encoder = new HpackEncoder();
  /** The last stream that is dealt with, once a GOAWAY has said so. */
  lastStream = HIGHEST;
  readonly #incoming: Incoming;
  readonly #outbox: Outbox;
  readonly #onClose: () => void;
  #queued: Sending[] = [];
  readonly #blocked = new Set<Sending>();
  #isScheduled = false;
  #state: 'open' | 'leaving' | 'final' | 'over' = 'open';

  /** @param onClose is called once, when the connection has closed */
  constructor(server: http.Server, socket: Socket, onClose: (session: Session) => void) {
    this.server = server;
    this.socket = socket;
    this.mostList = (server as { maxHeaderSize?: number }).maxHeaderSize || http.maxHeaderSize;
    this.#onClose = () => onClose(this);
    this.#outbox = new Outbox(socket);
    this.#incoming = new Incoming(this);
    // The server's preface (section 3.4).
    this.#outbox.bytes(SETTINGS, 0, 0, ownSettings(this.mostList));
    this.#outbox.frame(WINDOW_UPDATE, 0, 0, CONNECTION_WINDOW - DEFAULT_WINDOW);
    this.#schedule();
    socket.on('data', (chunk: Buffer) => this.#read(() => this.#incoming.push(chunk)));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#abortAll(error));
    socket.on('close', () => this.#closed());
    socket.on('drain', () => this.#schedule());
    socket.on('timeout', () => this.#silent());
    socket.setNoDelay?.(true);
    const { keepAliveTimeout } = server;
    if (keepAliveTimeout > 0) socket.setTimeout(keepAliveTimeout);
  }

  get isIdle(): boolean {
    return this.streams.size === 0;
  }

  /** True from when a client is told that the connection ends. */
  get isLeaving(): boolean {
    return this.#state !== 'open';
  }

  #read(read: () => void): void {
    if (this.#state === 'over') return;
    let hasThrown = true;
    takeStreamNow();
    try {
      read();
      hasThrown = false;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      hasThrown = false;
      this.fail(error.code, error.message);
    } finally {
      // The app's handler has thrown, and the process may live on: the requests behind it are not its victims.
      if (hasThrown && this.#incoming.isInterrupted)
        setImmediate(() => this.#read(() => this.#incoming.goOn()));
    }
  }

  room({ sendWindow }: Pick<Sending, 'sendWindow'>): number {
    if (this.socket.writableLength > MOST_WAITING) return 0;
    return Math.min(sendWindow, this.sendWindow, this.mostPayload);
  }

  wants(stream: Sending): void {
    if (!stream.isQueued) {
      stream.isQueued = true;
      this.#queued.push(stream);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(flush, this);
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.socket.destroyed) return;
    this.#retryBlocked();
    while (this.#queued.length > 0) {
      const turn = this.#queued;
      this.#queued = [];
      for (const stream of turn) {
        stream.isQueued = false;
        if (stream.writeOut(TURN)) this.wants(stream);
        else if (stream.queuedBytes > 0) this.#blocked.add(stream);
      }
      if (this.socket.writableLength > MOST_WAITING) break;
    }
    if (this.#state === 'final' && this.isIdle) this.#end();
    else this.#outbox.flush();
  }

  /** They wait for a window, or for the socket; each looks for itself, and waits again. */
  #retryBlocked(): void {
    if (this.#blocked.size === 0 || this.socket.writableLength > MOST_WAITING) return;
    for (const stream of this.#blocked) {
      if (!stream.isQueued && this.room(stream) > 0) {
        this.#blocked.delete(stream);
        stream.isQueued = true;
        this.#queued.push(stream);
      }
    }
  }

  mayGoOn(): void {
    if (this.#blocked.size > 0) this.#schedule();
  }

  sendFields(id: number, fields: readonly string[], isLast: boolean): void {
    const { buffer, at } = this.#outbox.room(HEADER_BYTES + HpackEncoder.mostBytes(fields));
    const begin = at + HEADER_BYTES;
    const end = this.encoder.encode(fields, buffer, begin);
    const flags = isLast ? END_STREAM : 0;
    if (end - begin <= this.mostPayload) {
      writeHeader(buffer, at, end - begin, HEADERS, flags | END_HEADERS, id);
      return this.#outbox.took(end);
    }
    const block = Buffer.from(buffer.subarray(begin, end));
    for (let from = 0; from < block.length; from += this.mostPayload) {
      const part = block.subarray(from, from + this.mostPayload);
      const ends = from + this.mostPayload >= block.length ? END_HEADERS : 0;
      this.#outbox.bytes(from === 0 ? HEADERS : CONTINUATION, (from === 0 ? flags : 0) | ends, id, part);
    }
  }

  sendData(stream: Pick<Sending, 'id' | 'sendWindow'>, bytes: Uint8Array, isLast: boolean): void {
    stream.sendWindow -= bytes.length;
    this.sendWindow -= bytes.length;
    this.#incoming.earned();
    this.#outbox.bytes(DATA, isLast ? END_STREAM : 0, stream.id, bytes);
  }

  sendReset(id: number, code: number): void {
    this.#incoming.hasReset(id, code);
    this.#outbox.frame(RST_STREAM, 0, id, code);
    this.#schedule();
  }

  allow(id: number, bytes: number): void {
    this.#outbox.frame(WINDOW_UPDATE, 0, id, bytes);
    this.#schedule();
  }

  acknowledge(type: number, payload: Uint8Array): void {
    this.#outbox.bytes(type, ACK, 0, payload);
    this.#schedule();
  }

  /** An answer to a PING of ours says that the client has read the notice before it (section 6.8). */
  pong(high: number, low: number): void {
    if (high === OWN_PING[0] && low === OWN_PING[1] && this.#state === 'leaving') this.leaveNow();
  }

  forget(stream: Sending): void {
    this.streams.delete(stream.id);
    this.#blocked.delete(stream);
    if (this.#state === 'final' && this.isIdle) this.#schedule();
  }

  /** Tells the client that this end leaves. Nothing is refused: what it sends until it has read that is answered. */
  leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#outbox.frame(GOAWAY, 0, 0, HIGHEST, NO_ERROR);
    this.#outbox.frame(PING, 0, 0, ...OWN_PING);
    this.#schedule();
  }

  /** The final notice: no request is on its way any more, or the client does not answer. */
  leaveNow(): void {
    if (this.#state === 'final' || this.#state === 'over') return;
    this.#state = 'final';
    this.lastStream = this.#incoming.lastStream;
    this.#outbox.frame(GOAWAY, 0, 0, this.lastStream, NO_ERROR);
    this.#schedule();
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#outbox.flush();
    this.socket.end();
    // The kernel would reset a connection on which unread bytes wait, and the client might lose its answers.
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once('close', () => clearTimeout(timer));
  }

  /** The protocol is broken: every stream ends with the connection. */
  fail(code: number, reason: string): void {
    if (this.#state === 'over') return;
    const error = Object.assign(new Error(reason), { code: 'ERR_HTTP2', errno: code });
    this.#abortAll(error, code !== INTERNAL_ERROR);
    const payload = Buffer.alloc(8 + reason.length);
    payload.writeUInt32BE(this.#incoming.lastStream, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(reason, 8, 'latin1');
    this.#outbox.bytes(GOAWAY, 0, 0, payload);
    this.#end();
  }

  /** What has been answered until now is sent first: at the end of a grace that is the 500 of every open request. #end() has a deadline. */
  destroy(): void {
    this.flush();
    if (this.#state !== 'over') this.fail(INTERNAL_ERROR, 'the server ends');
    if (this.socket.writableLength === 0) this.socket.destroy();
    else this.socket.once('finish', () => this.socket.destroy());
  }

  #silent(): void {
    if (this.isIdle) {
      if (this.#state === 'open') this.leave();
      else this.leaveNow();
    }
    if (this.#state !== 'over') this.socket.setTimeout(this.server.keepAliveTimeout);
  }

  /** As with HTTP/1, a client that closes its end has left (socketOnEnd in lib/_http_server.js). */
  #ended(): void {
    this.#abortAll(RESET);
    if (this.#state === 'over') this.socket.destroy();
    else this.#end();
  }

  #abortAll(error: Error, isByClient = true): void {
    for (const stream of [...this.streams.values()]) stream.aborted(error, isByClient);
  }

  #closed(): void {
    this.#state = 'over';
    this.#abortAll(RESET);
    this.#onClose();
  }
}

const flush = (session: Session): void => session.flush();
