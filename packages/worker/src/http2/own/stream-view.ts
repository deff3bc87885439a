/** A stream of `node:http2` as the meter and all that read it see an exchange: method, path and status, and nothing to answer with. */
import { EventEmitter } from 'node:events';
import type http from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { peerOf, UNIX, UNKNOWN } from '../../access-log/client.ts';
import { isInProcess, markInProcess } from '../../transport/in-process.ts';
import type { Exchange } from '../../transport/transport.ts';

/** Each stream has its own: what the meter keeps belongs to one request. */
class ViewSocket extends EventEmitter {
  readonly #stream: ServerHttp2Stream;
  _httpMessage: unknown;
  incoming: unknown;
  writableLength = 0;
  _bytesDispatched = 0;

  /** Kept from the begin: a connection that is closed has none. Undefined for that of a unix socket. */
  readonly remoteAddress: string | undefined;
  readonly localAddress = undefined;

  constructor(stream: ServerHttp2Stream, connection: Socket | undefined) {
    super();
    this.#stream = stream;
    const peer = connection ? peerOf(connection) : UNKNOWN;
    this.remoteAddress = peer === UNIX ? undefined : peer;
  }

  get parser(): this {
    return this;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  get errored(): Error | undefined {
    const code = this.#stream.aborted ? 'ECONNRESET' : undefined;
    return code ? Object.assign(new Error('aborted'), { code }) : undefined;
  }

  /** The client is told that its request has failed: nothing else is known of how this app answers. */
  destroy(error?: Error): this {
    this.#stream.destroy(error);
    return this;
  }
}

/** Getters on prototypes: an object with getters of its own would cost each request more than its stream. */
class ViewRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion = '2.0';
  readonly socket: ViewSocket;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, socket: ViewSocket) {
    this.#stream = stream;
    this.method = headers[':method'] ?? '';
    this.url = headers[':path'] ?? '';
    this.headers = headers;
    this.socket = socket;
  }

  get complete(): boolean {
    return this.#stream.readableEnded || this.#stream.endAfterHeaders;
  }
}

class ViewResponse {
  readonly req: ViewRequest;
  readonly socket: ViewSocket;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, req: ViewRequest, socket: ViewSocket) {
    this.#stream = stream;
    this.req = req;
    this.socket = socket;
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  get statusCode(): number {
    return Number(this.#stream.sentHeaders?.[':status'] ?? 0);
  }

  get writableEnded(): boolean {
    return this.#stream.writableEnded || this.#stream.destroyed;
  }

  get writableFinished(): boolean {
    return this.#stream.writableFinished && this.#stream.rstCode === 0;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed;
  }
}

export class StreamView {
  readonly socket: ViewSocket;
  /** Below its session. */
  readonly connection: unknown;
  readonly exchange: Exchange;

  /** @param connection that the session was made on */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    server: http.Server,
    connection: Socket | undefined,
  ) {
    this.connection = connection;
    const socket = new ViewSocket(stream, connection);
    this.socket = socket;
    const request = new ViewRequest(stream, headers, socket);
    const response = new ViewResponse(stream, request, socket);
    socket._httpMessage = response;
    socket.incoming = request;
    if (connection && isInProcess(connection)) markInProcess(socket);
    this.exchange = { request, response, socket, server } as unknown as Exchange;
  }

  get writableFinished(): boolean {
    return this.exchange.response.writableFinished;
  }
}
