/**
 * The transport of an app whose own server is one of `node:http2`, for gRPC say. Its requests are streams, and their handlers
 * Node's: they are counted and not changed. Loaded only for such an app.
 */

import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import http2, { type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { withDeadline } from '@tshorn/core';
import { isTls } from '../../app/http-server.ts';
import { type Answer, NoAnswer, type Question } from '../../transport/ask-in-process.ts';
import { openResponses } from '../../transport/http1-internals.ts';
import { markInProcess } from '../../transport/in-process.ts';
import { Interceptors } from '../../transport/interceptors.ts';
import { together } from '../../transport/together.ts';
import type {
  Beside,
  Detached,
  DrainingConnections,
  Exchange,
  Immovable,
  InterruptedTurn,
  Report,
  Transport,
} from '../../transport/transport.ts';
import { OwnSessions } from './own-sessions.ts';
import { StreamView } from './stream-view.ts';

export class OwnHttp2 implements Transport {
  readonly server: http.Server;
  readonly #server: Http2Server;
  readonly #sessions: OwnSessions;
  readonly #interceptors: Interceptors;
  readonly #beside: Beside[] = [];
  readonly #open = new Set<StreamView>();
  #begun: Report | undefined;
  #finished: Report | undefined;

  /** @param server in the place of an http.Server: what is asked of it is what all servers have */
  constructor(server: http.Server) {
    this.server = server;
    this.#server = server as unknown as Http2Server;
    this.#sessions = new OwnSessions(this.#server);
    this.#interceptors = new Interceptors(server);
    this.#server.prependListener('stream', (stream, headers) => this.#count(stream, headers));
  }

  #count(stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    const view = new StreamView(stream, headers, this.server, this.#sessions.below(stream.session));
    this.#open.add(view);
    stream.once('close', () => {
      this.#open.delete(view);
      if (view.writableFinished) this.#finished?.(view.exchange);
      view.socket.emit('close');
    });
    this.#begun?.(view.exchange);
  }

  onBegun(begun: Report): () => void {
    this.#begun = begun;
    const end = this.#ofHttp1('http.server.request.start', begun);
    return () => {
      end();
      this.#begun = undefined;
    };
  }

  onFinished(finished: Report): () => void {
    this.#finished = finished;
    const end = this.#ofHttp1('http.server.response.finish', finished);
    return () => {
      end();
      this.#finished = undefined;
    };
  }

  /** With `allowHTTP1`, which alone gives such a server the timeouts of HTTP/1, there are requests of Node's HTTP/1, too. */
  #ofHttp1(channel: string, listener: Report): () => void {
    if (!('headersTimeout' in this.#server)) return () => {};
    const onMessage = (message: unknown) => {
      const exchange = message as Exchange & { readonly server: unknown };
      if (exchange.server === this.server) listener(exchange);
    };
    diagnostics.subscribe(channel, onMessage);
    return () => diagnostics.unsubscribe(channel, onMessage);
  }

  openResponses(): http.ServerResponse[] {
    const ofHttp1 = openResponses(this.server) ?? [];
    return [...ofHttp1, ...[...this.#open].map(({ exchange }) => exchange.response)];
  }

  async ask({ path, userAgent, headers = [], timeout }: Question): Promise<Answer> {
    const [inside, outside] = duplexPair();
    Object.assign(inside, {
      remoteAddress: '127.0.0.1',
      remotePort: 0,
      ...(isTls(this.#server) && { alpnProtocol: 'h2' }),
    });
    markInProcess(inside);
    const client = http2.connect('http://localhost', { createConnection: () => outside });
    // The stream's own error says the same.
    client.on('error', () => {});
    try {
      this.#server.emit(isTls(this.#server) ? 'secureConnection' : 'connection', inside);
      const given = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
      const stream = client.request({ ':path': path, 'user-agent': userAgent, ...given });
      const answered = answerOn(stream);
      return await withDeadline(
        answered,
        timeout,
        () => new NoAnswer(`no answer within ${Math.round(timeout) / 1_000} s`),
      );
    } finally {
      client.destroy();
      inside.destroy();
    }
  }

  /** Node's own listener of streams makes requests of them, where the app listens for these. */
  answersRequests(): boolean {
    return this.#server.listenerCount('request') > 0;
  }

  intercept(handler: (request: http.IncomingMessage, response: http.ServerResponse) => boolean): () => void {
    return this.#interceptors.add(handler);
  }

  open(): Socket[] {
    return [...this.#sessions.sockets(), ...this.#beside.flatMap((one) => one.open())];
  }

  idle(): Socket[] {
    const busy = new Set([...this.#open].map((view) => view.connection));
    return this.open().filter((socket) => !busy.has(socket));
  }

  eventStreams(): Socket[] {
    return [];
  }

  webSockets(): Socket[] {
    return [];
  }

  upgrades(): boolean {
    return false;
  }

  immovable(): Immovable {
    return 'http2';
  }

  whyImmovable(): string {
    return 'http2';
  }

  isAtRest(): boolean {
    return false;
  }

  isFlushed(): boolean {
    return false;
  }

  interrupted(): InterruptedTurn {
    return { isApart: () => false, isIdle: () => false, end: () => {} };
  }

  detach(): Detached | undefined {
    return undefined;
  }

  connectionOf(): Socket {
    throw new Error('handoff: a connection of HTTP/2 does not move');
  }

  prepare(): undefined {}

  /** One whose handshake is over, where our own listener has shaken hands. */
  serve(socket: Socket): void {
    const isShaken = isTls(this.#server) && (socket as { encrypted?: boolean }).encrypted === true;
    this.#server.emit(isShaken ? 'secureConnection' : 'connection', socket);
  }

  serveIdle(socket: Socket): void {
    this.serve(socket);
  }

  enterBy(): void {}

  join(beside: Beside): void {
    this.#beside.push(beside);
  }

  /** None of them moves: they are told at once. */
  drain(): DrainingConnections {
    const own = this.#sessions.drain();
    own.beginClosing();
    const told = { ...own, beginClosing() {} };
    return together([told, ...this.#beside.map((beside) => beside.drain())]);
  }
}

function answerOn(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let code = 0;
    let headers: http.IncomingHttpHeaders = {};
    stream.once('response', (given) => {
      code = given[':status'] ?? 0;
      headers = given as http.IncomingHttpHeaders;
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('error', reject);
    stream.once('close', () => {
      if (code === 0) return reject(new NoAnswer('the app closed the stream without an answer'));
      const body = Buffer.concat(parts).toString();
      resolve({ code, status: `${code} ${http.STATUS_CODES[code] ?? ''}`.trim(), headers, body });
    });
  });
}
