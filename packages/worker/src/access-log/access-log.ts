/**
 * The access log of a worker: one line for each request of the app's server, when its response has ended or its connection
 * has. docs/access-log.md describes it. The Worker creates it where `--access-log` is given; nothing of it is loaded
 * otherwise.
 *
 * A response that ends whole is told by the meter. For one that is cut there is no such report, so each connection has one
 * listener for its end: that costs a connection something, and a request nothing.
 */
import { randomBytes } from 'node:crypto';
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { WorkerOptions } from '@tshorn/config';
import type { ToMaster } from '@tshorn/core';
import { isHttp2 } from '../app/http-server.ts';
import { beforeInspection } from '../in-flight.ts';
import type { Meter } from '../meter.ts';
import { givenId, makeIds, traceOf } from '../request-id.ts';
import { sentStatus, watchFirstByte, watchHead, watchInterim } from '../transport/first-byte.ts';
import { bytesWrittenHere } from '../transport/http1-internals.ts';
import { isInProcess } from '../transport/in-process.ts';
import { hasArrived, hasLeft, keptSoFar, tellBy } from '../transport/moves.ts';
import type { Exchange } from '../transport/transport.ts';
import { beforeUpgrade } from '../transport/upgraded.ts';
import { Proxies } from './client.ts';
import { Connection, closedBy, connectionOf, Entry, keepConnection } from './connection.ts';
import { jsonFormat } from './json.ts';
import { emptyLine, type Format, type Line, NO_HEADERS, type Writer } from './line.ts';
import { Lines } from './lines.ts';
import { CLIENT_LEFT, type Refused, watchRefused } from './refused.ts';
import { asksFor } from './target.ts';
import { templateFormat, wantsFirstByte } from './template.ts';
import { watchAnswer } from './upgrade-answer.ts';

type Options = Pick<WorkerOptions, 'accessLogFormat' | 'accessLogSkip' | 'trustedProxies' | 'statusPath'>;

export interface AccessLogSettings {
  /** A path, or `-`. */
  readonly file: string;
  readonly options: Options;
  /** `--access-log-skip` was given: an empty list leaves out nothing. */
  readonly skipGiven: boolean;
  readonly writer: Writer;
  readonly send: (message: ToMaster) => void;
}

/** Undefined for a response that has ended. */
const entryOf = (response: http.ServerResponse): Entry | undefined => {
  const { socket } = response.req;
  return socket ? connectionOf(socket)?.entryOf(response) : undefined;
};

export class AccessLog {
  readonly #lines: Lines;
  readonly #format: Format;
  readonly #proxies: Proxies;
  readonly #skipped: readonly string[];
  readonly #send: AccessLogSettings['send'];
  readonly #wantsFirstByte: boolean;
  readonly #isJson: boolean;
  /** Ids that are made begin with it: no two processes make the same. */
  readonly #prefix = `${randomBytes(5).toString('hex')}-`;
  readonly #upgraded = new Set<Socket>();
  #meter: Meter | undefined;
  #sequence = 0;
  /** When the clock of performance.now() was 0, in milliseconds since the epoch: looked up for each batch, as clocks are set. */
  #epoch = 0;
  /** The file could not be opened again. */
  #isOldFile = false;
  /** Filled for each line anew. */
  readonly #line = emptyLine();

  constructor({ file, options, skipGiven, writer, send }: AccessLogSettings) {
    const { accessLogFormat: format, accessLogSkip: skipped, trustedProxies, statusPath } = options;
    this.#send = send;
    this.#proxies = new Proxies(trustedProxies);
    this.#skipped = skipGiven && skipped.length === 0 ? [] : [...skipped, statusPath];
    this.#isJson = format === 'json';
    this.#wantsFirstByte = wantsFirstByte(format);
    this.#format = this.#isJson
      ? jsonFormat(writer, this.#prefix)
      : templateFormat(format, writer, this.#prefix, process.env);
    this.#lines = new Lines(file, {
      begun: (reason) => send({ type: 'access-log', state: 'losing', lines: 0, reason }),
      lineOf: (lines, reason) => this.#lossLine(lines, reason),
      ended: (lines, reason) => send({ type: 'access-log', state: 'lost', lines, reason }),
      neverEnded: (lines, reason) => send({ type: 'access-log', state: 'lost-at-end', lines, reason }),
    });
  }

  #lossLine(lines: number, reason: string): string {
    if (!this.#isJson) return `# tshorn: ${lines} lines were lost: ${reason}\n`;
    return `${JSON.stringify({ time: new Date().toISOString(), event: 'access-log-lost', lines, reason })}\n`;
  }

  /** Called when the app is loaded, before its server has a connection. */
  begin(server: http.Server, meter: Meter): void {
    this.#meter = meter;
    meter.listen({
      begun: (exchange, begunAt) => this.#begun(exchange, begunAt),
      finished: ({ response, socket }, tookMs) => this.#finished(response, socket, tookMs),
    });
    if (this.#wantsFirstByte) watchFirstByte((response) => this.#firstByte(response));
    watchHead((response) => {
      const entry = entryOf(response);
      if (entry) entry.status = response.statusCode;
    });
    watchInterim((response, bytes) => {
      const entry = entryOf(response);
      if (entry) entry.interimBytes += bytes;
    });
    // Node's HTTP/2 refuses without telling anybody.
    if (!isHttp2(server))
      watchRefused(server, {
        refused: (refused) => this.#refused(refused),
        connects: (request, socket) => this.#upgrades(request, socket),
      });
    // Requests of other servers, which the app has opened beside this one, have no line.
    beforeUpgrade.add((request, socket, of) => {
      if (of === server) this.#upgrades(request, socket);
    });
    beforeInspection.add(() => this.flush());
    const idOf = (entry: Entry) => givenId(entry.request.headers) ?? this.#idOf(entry);
    tellBy((socket) => connectionOf(socket)?.soFar(socket, idOf));
    makeIds((response) => {
      const entry = entryOf(response);
      return entry && this.#idOf(entry);
    });
  }

  flush(): void {
    this.#lines.flush();
  }

  /** The master has been told to open its logs again. */
  reopen(): void {
    const reason = this.#lines.renew();
    if (reason !== undefined) this.#send({ type: 'access-log', state: 'not-reopened', lines: 0, reason });
    else if (this.#isOldFile) this.#send({ type: 'access-log', state: 'reopened', lines: 0, reason: '' });
    this.#isOldFile = reason !== undefined;
  }

  /** The process ends with this turn: what has not ended has its line now. */
  finish(): void {
    const open = this.#meter?.open() ?? [];
    const sockets = new Set([...open.map(({ response }) => response.req.socket), ...this.#upgraded]);
    for (const socket of sockets) this.#closed(socket);
    this.#lines.finish();
  }

  #idOf(entry: Entry): string {
    return connectionOf(entry.request.socket)?.before(entry)?.id ?? this.#prefix + entry.sequence;
  }

  #connection(socket: Socket): Connection {
    const known = connectionOf(socket);
    if (known) return known;
    const connection = new Connection(socket, this.#proxies, hasArrived(socket), keptSoFar(socket));
    keepConnection(socket, connection);
    socket.once('close', () => this.#closed(socket));
    return connection;
  }

  #begun({ request, response, socket }: Exchange, begunAt: number): void {
    if (isInProcess(socket)) return;
    this.#connection(socket).add(new Entry(request, response, ++this.#sequence, begunAt));
  }

  #firstByte(response: http.ServerResponse): void {
    const entry = entryOf(response);
    if (entry && Number.isNaN(entry.firstByteAt)) entry.firstByteAt = performance.now();
  }

  #finished(response: http.ServerResponse, socket: Socket, tookMs: number): void {
    const connection = connectionOf(socket);
    const entry = connection?.take(response);
    if (!connection || !entry) return;
    // The meter knows of requests that are pipelined when the last began.
    const isMeters = entry.next === undefined && !connection.before(entry);
    const durationMs = isMeters ? tookMs : performance.now() - entry.begunAt;
    const sent = connection.sent(entry, socket);
    this.#write(connection, entry, entry.status || sentStatus(response), sent, durationMs, undefined);
  }

  #upgrades(request: http.IncomingMessage, socket: Socket): void {
    if (isInProcess(socket)) return;
    const connection = this.#connection(socket);
    const entry = new Entry(request, undefined, ++this.#sequence, performance.now());
    connection.begin(entry);
    connection.bytes = bytesWrittenHere(socket);
    const answer = watchAnswer(socket, () => {
      entry.firstByteAt = performance.now();
    });
    connection.upgrade = { entry, answer };
    this.#upgraded.add(socket);
  }

  /** The connection has ended, and with it whatever was under way. */
  #closed(socket: Socket): void {
    const connection = connectionOf(socket);
    this.#upgraded.delete(socket);
    if (!connection) return;
    const { first, upgrade } = connection;
    connection.first = undefined;
    connection.upgrade = undefined;
    // Its worker writes the line when it ends there.
    if (hasLeft(socket)) return;
    const now = performance.now();
    const closed = closedBy(socket);
    const unanswered = closed === 'client' ? CLIENT_LEFT : 0;
    if (upgrade) {
      const { entry, answer } = upgrade;
      const { status = unanswered } = answer;
      const cut = answer.status === undefined ? closed : undefined;
      const sent = connection.upgradeSent(upgrade, socket);
      this.#write(connection, entry, status, sent, now - entry.begunAt, cut);
    }
    for (let entry = first; entry !== undefined; entry = entry.next) {
      const { response } = entry;
      const isBegun = response?.headersSent === true;
      const status = isBegun ? entry.status || sentStatus(response) : (connection.refusedWith ?? unanswered);
      const sent = connection.sent(entry, socket);
      // The rest that was sent is Node's refusal, which is a head alone.
      this.#write(connection, entry, status, isBegun ? sent : 0, now - entry.begunAt, closed);
    }
  }

  #refused({ socket, status, method, target, version, isBody }: Refused): void {
    if (isInProcess(socket)) return;
    const connection = this.#connection(socket);
    const isGone = status === CLIENT_LEFT;
    if (!isGone) connection.refusedWith = status;
    // Its request has a line of its own. A connection that was silent has asked nothing.
    if (isBody || socket.bytesRead === 0) return;
    // The refusal answers the requests before this one, where it is sent at all.
    const isAnswered = connection.first === undefined;
    this.#fill(connection, NO_HEADERS, ++this.#sequence, performance.now());
    Object.assign(this.#line, { method, target, version, status: isGone || isAnswered ? status : 0 });
    Object.assign(this.#line, { bytes: 0, durationMs: 0, firstByteMs: Number.NaN, response: undefined });
    this.#line.closed = isGone ? 'client' : isAnswered ? undefined : 'server';
    this.#add();
  }

  #add(): void {
    this.#format(this.#line, this.#lines.out);
    this.#lines.added();
  }

  /** @param endedAt on the clock of performance.now() */
  #fill(connection: Connection, headers: http.IncomingHttpHeaders, sequence: number, endedAt: number): void {
    const line = this.#line;
    if (this.#lines.isEmpty) this.#epoch = Date.now() - performance.now();
    line.now = Math.floor(this.#epoch + endedAt);
    line.trace = traceOf(headers);
    line.id = givenId(headers, line.trace);
    line.sequence = sequence;
    line.client = connection.clientOf(headers);
    line.headers = headers;
    line.moved = connection.moved;
  }

  #write(
    connection: Connection,
    entry: Entry,
    status: number,
    bytes: number,
    durationMs: number,
    closed: Line['closed'],
  ): void {
    const { request, response, target } = entry;
    if (asksFor(this.#skipped, target)) return;
    const { headers } = request;
    this.#fill(connection, headers, entry.sequence, entry.begunAt + durationMs);
    const line = this.#line;
    line.method = entry.method;
    line.target = target;
    line.version = request.httpVersion;
    line.status = status;
    line.bytes = Math.max(0, bytes);
    line.durationMs = durationMs;
    line.firstByteMs = entry.firstByteAt - entry.begunAt;
    line.response = response;
    line.closed = closed;
    const before = connection.before(entry);
    if (before) Object.assign(line, { id: before.id, firstByteMs: before.firstByteMs ?? Number.NaN });
    this.#add();
  }
}
