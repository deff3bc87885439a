/** A stream of `node:http2` as the meter and all that read it see an exchange: method, path and status, and nothing to answer with. */
import { EventEmitter } from 'node:events';
import type http from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { isInProcess, markInProcess } from '../../transport/in-process.ts';
import type { Exchange } from '../../transport/transport.ts';

/** Each stream has its own: what the meter keeps belongs to one request. */
class ViewSocket extends EventEmitter {
  readonly #stream: ServerHttp2Stream;
  _httpMessage: unknown;
  incoming: unknown;
  writableLength = 0;
  _bytesDispatched = 0;

  constructor(stream: ServerHttp2Stream) {
    super();
    this.#stream = stream;
  }

  get parser(): this {
    return this;
  }

  get remoteAddress(): string | undefined {
    return this.#stream.session?.socket?.remoteAddress;
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

export class StreamView {
  readonly socket: ViewSocket;
  readonly connection: unknown;
  readonly exchange: Exchange;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, server: http.Server) {
    this.#stream = stream;
    this.connection = stream.session?.socket;
    const socket = new ViewSocket(stream);
    this.socket = socket;
    const view = this;
    const request = {
      method: headers[':method'] ?? '',
      url: headers[':path'] ?? '',
      headers,
      httpVersion: '2.0',
      socket,
      get complete() {
        return stream.readableEnded || stream.endAfterHeaders;
      },
    };
    const response = {
      req: request,
      socket,
      get headersSent() {
        return stream.headersSent;
      },
      get statusCode() {
        return Number(stream.sentHeaders?.[':status'] ?? 0);
      },
      get writableEnded() {
        return stream.writableEnded || stream.destroyed;
      },
      get writableFinished() {
        return view.writableFinished;
      },
      get destroyed() {
        return stream.destroyed;
      },
    };
    socket._httpMessage = response;
    socket.incoming = request;
    const { socket: carried } = (stream.session ?? {}) as { socket?: object };
    if (carried && isInProcess(carried)) markInProcess(socket);
    this.exchange = { request, response, socket, server } as unknown as Exchange;
  }

  get writableFinished(): boolean {
    return this.#stream.writableFinished && this.#stream.rstCode === 0;
  }
}
