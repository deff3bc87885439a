/**
 * Makes a request and a response of the head of a stream, and gives them to the app's server as Node's server does with those of
 * HTTP/1 (parserOnIncoming and resOnFinish in lib/_http_server.js): the same classes, events and diagnostics messages.
 */
import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import type { Socket } from 'node:net';
import { markOwnAnswer } from '../transport/own-answer.ts';
import { within } from '../transport/stream-scope.ts';
import type { Head } from './head.ts';
import { sendBy, tellClosed } from './response.ts';
import type { Stream } from './stream.ts';

const started = diagnostics.channel('http.server.request.start');
const finished = diagnostics.channel('http.server.response.finish');

type Request = http.IncomingMessage & {
  _addHeaderLines(headers: string[], count: number): void;
  _consuming: boolean;
  _dump(): void;
  _readableState: { resumeScheduled: boolean };
  joinDuplicateHeaders?: boolean;
};
interface Classes {
  readonly Request: new (socket: Socket) => Request;
  readonly Response: new (request: http.IncomingMessage, options: object) => http.ServerResponse;
}

const classesOf = new WeakMap<http.Server, Classes>();

/** An app may have given its server classes of its own; Node keeps them under symbols (storeHTTPOptions). */
function classes(server: http.Server): Classes {
  const known = classesOf.get(server);
  if (known) return known;
  const under = (name: string, otherwise: unknown) => {
    const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === name);
    return (symbol && (server as unknown as Record<symbol, unknown>)[symbol]) ?? otherwise;
  };
  const found = {
    Request: under('IncomingMessage', http.IncomingMessage),
    Response: under('ServerResponse', http.ServerResponse),
  } as Classes;
  classesOf.set(server, found);
  return found;
}

type Refusing = http.Server & { rejectNonStandardBodyWrites?: boolean; joinDuplicateHeaders?: boolean };

function begin(
  server: http.Server,
  stream: Stream,
  head: Head,
): { request: Request; response: http.ServerResponse } {
  const { Request, Response } = classes(server);
  const { socket } = stream;
  const asSocket = socket as unknown as Socket;
  const request = new Request(asSocket);
  request.method = head.method;
  request.url = head.path;
  request.httpVersion = '2.0';
  request.httpVersionMajor = 2;
  // The response's constructor asks for it: 0 is for clients of HTTP/1.0, which know no chunks.
  request.httpVersionMinor = 1;
  request.joinDuplicateHeaders = (server as Refusing).joinDuplicateHeaders === true;
  request._addHeaderLines(head.rawHeaders, head.rawHeaders.length);
  const response = new Response(request, {
    highWaterMark: socket.writableHighWaterMark,
    rejectNonStandardBodyWrites: (server as Refusing).rejectNonStandardBodyWrites,
  });
  request.httpVersionMinor = 0;
  response.shouldKeepAlive = true;
  sendBy(response, stream);
  stream.request = request;
  stream.response = response;
  stream.expected = head.contentLength;
  socket.incoming = request;
  socket._httpMessage = response;
  (response as { socket: unknown }).socket = socket;
  response.on('finish', onFinish);
  return { request, response };
}

/** The app is asked. */
export function serve(server: http.Server, stream: Stream, head: Head): void {
  const { request, response } = begin(server, stream, head);
  if (started.hasSubscribers) started.publish({ request, response, socket: stream.socket, server });
  within(stream.socket as unknown as Socket, () => ask(server, request, response, head.expects));
}

function ask(
  server: http.Server,
  request: Request,
  response: http.ServerResponse,
  expects: string | undefined,
) {
  if (expects === undefined) return void server.emit('request', request, response);
  if (/^100-continue$/i.test(expects)) {
    (response as { _expect_continue?: boolean })._expect_continue = true;
    if (server.emit('checkContinue', request, response)) return;
    response.writeContinue();
    server.emit('request', request, response);
  } else if (!server.emit('checkExpectation', request, response)) {
    response.writeHead(417);
    response.end();
  }
}

/** Answers in place of the app: the meter and the access log see it, and no count of the app's traffic does. */
export function refuse(server: http.Server, stream: Stream, head: Head, status: number): void {
  const { request, response } = begin(server, stream, head);
  markOwnAnswer(response);
  if (started.hasSubscribers) started.publish({ request, response, socket: stream.socket, server });
  response.writeHead(status);
  response.end();
}

function onFinish(this: http.ServerResponse): void {
  const request = this.req as Request;
  const socket = request.socket as unknown as Stream['socket'];
  const { server } = socket.stream.session;
  if (finished.hasSubscribers) finished.publish({ request, response: this, socket, server });
  const isUnread = !request._consuming && !request._readableState.resumeScheduled;
  if (isUnread) request._dump();
  socket._httpMessage = null;
  (this as { socket: unknown }).socket = null;
  process.nextTick(tellClosed, this);
  if (isUnread) socket.stream.dumped();
}
