/**
 * HTTP with JSON on the control socket. Loaded when the first client connects. Every connection gets one answer.
 * docs/control.md has the table.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import type { Operation } from '../decide/model.ts';
import { lineOf } from '../journal.ts';
import { nextOperationId } from '../operation-id.ts';
import type { Answering, Controlled } from './controlled.ts';
import {
  BadRequest,
  type Body,
  checkQuery,
  readBody,
  readBy,
  readPlan,
  readReload,
  readRollback,
  readStop,
  refusalToAbort,
} from './requests.ts';
import { scale } from './scale.ts';
import { statusReply } from './status-reply.ts';
import { pickReload, watch } from './watch.ts';

interface Call {
  readonly body: Body;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

type Endpoint = (call: Call) => void | Promise<void>;

const MOST_BODY_BYTES = 64 * 1024;

/** The one parameter of a GET. */
const PARAMETERS: Readonly<Record<string, string>> = { '/plan': 'plan', '/logs': 'follow' };

export class ControlServer {
  readonly #control: Answering;
  readonly #http = http.createServer((request, response) => void this.#handle(request, response));
  readonly #responses = new Set<ServerResponse>();

  constructor(control: Answering) {
    this.#control = control;
    this.#http.on('clientError', (_error, socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    });
  }

  get #master(): Controlled {
    return this.#control.master;
  }

  serve(socket: Socket): void {
    this.#http.emit('connection', socket);
  }

  /** Ends all streams. */
  close(): void {
    for (const response of this.#responses) response.end();
  }

  readonly #endpoints: Readonly<Record<string, Readonly<Record<string, Endpoint>>>> = {
    '/status': { GET: (call) => this.#status(call) },
    '/reload': { POST: (call) => this.#reload(call) },
    '/rollback': { POST: (call) => this.#rollback(call) },
    '/releases': { GET: (call) => this.#releases(call) },
    '/abort': { POST: (call) => this.#abort(call) },
    '/logs': { GET: (call) => this.#logs(call) },
    '/events': { GET: (call) => this.#events(call) },
    '/metrics': { GET: (call) => this.#metrics(call) },
    '/plan': { GET: (call) => this.#plan(call) },
    '/scale': { POST: (call) => this.#scale(call) },
    '/leave': { POST: (call) => this.#rotate('leave', call) },
    '/stay': { POST: (call) => this.#rotate('stay', call) },
    '/stop': { POST: (call) => this.#stop(call) },
  };

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('connection', 'close');
    this.#responses.add(response);
    response.once('close', () => this.#responses.delete(response));
    try {
      const { pathname, searchParams } = readTarget(request.url ?? '/');
      const endpoint = this.#endpointOf(pathname, request.method ?? '', response);
      checkQuery(searchParams, request.method === 'POST' ? 'wait' : PARAMETERS[pathname]);
      const body = readBody(await read(request));
      await endpoint({ body, query: searchParams, response });
    } catch (error) {
      const known = error instanceof BadRequest;
      if (response.headersSent) response.destroy();
      else
        answer(response, known ? error.status : 500, {
          error: known ? error.message : describeThrown(error),
        });
    }
  }

  #endpointOf(path: string, method: string, response: ServerResponse): Endpoint {
    const methods = Object.hasOwn(this.#endpoints, path) ? this.#endpoints[path] : undefined;
    if (!methods) {
      const known = Object.keys(this.#endpoints).join(', ');
      throw new BadRequest(`there is no ${path}; there are ${known}`, 404);
    }
    const endpoint = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (endpoint) return endpoint;
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('allow', allowed);
    throw new BadRequest(`${path} is not for ${method}; it takes ${allowed}`, 405);
  }

  #status({ response }: Call): void {
    answer(response, 200, statusReply(this.#master, this.#control.path));
  }

  #reload(call: Call): void {
    const operation = readReload(call.body);
    this.#refuseWhenStopping();
    this.#begin(operation, call);
  }

  #releases({ response }: Call): void {
    answer(response, 200, { releases: this.#master.releases.list() });
  }

  #rollback(call: Call): void {
    const { release, ...operation } = readRollback(call.body);
    this.#refuseWhenStopping();
    const found = this.#master.releases.find(release);
    if (typeof found === 'object') throw new BadRequest(found.refusal, 409);
    this.#begin({ kind: 'reload', ...operation, backTo: found }, call);
  }

  /** Streams the reload, unless the client does not wait. */
  #begin(operation: Extract<Operation, { kind: 'reload' }>, { query, response }: Call): void {
    if (query.get('wait') === '0') {
      this.#master.request(operation);
      return answer(response, 202, { accepted: true });
    }
    let begun = false;
    const id = nextOperationId();
    const pick = pickReload(id, () => {
      begun = true;
    });
    const send = watch(this.#master, response, pick);
    const { state } = this.#master.status();
    this.#master.request({ ...operation, ids: [id] });
    // A reload that was refused has ended the response already.
    if (begun || response.writableEnded) return;
    const waitsFor =
      state === 'reloading'
        ? 'the reload under way'
        : state === 'starting'
          ? 'the start'
          : 'what is under way';
    send({ event: 'queued', level: 'info', msg: `queued: this reload begins after ${waitsFor}` });
  }

  /** Streams the rollback; the last line is the verdict of the reload. */
  #abort({ body, query, response }: Call): void {
    const { by } = readBy(body);
    const refusal = refusalToAbort(this.#master.status());
    if (refusal !== undefined) throw new BadRequest(refusal, 409);
    if (query.get('wait') === '0') answer(response, 202, { accepted: true });
    else {
      watch(this.#master, response, (notice, send) => {
        send(lineOf(notice));
        return notice.event === 'reload-finished';
      });
    }
    this.#master.abort(by);
  }

  async #plan({ query, response }: Call): Promise<void> {
    answer(response, 200, await this.#master.dryRun(readPlan(query.get('plan') ?? undefined)));
  }

  async #metrics({ response }: Call): Promise<void> {
    const { PROMETHEUS_TYPE, prometheusText } = await import('../metrics/prometheus.ts');
    const text = prometheusText(await this.#master.observed.families());
    response.writeHead(200, { 'content-type': PROMETHEUS_TYPE }).end(text);
  }

  async #logs({ query, response }: Call): Promise<void> {
    const { sendLines } = await import('../live/send-lines.ts');
    sendLines(this.#master.observed.lines, response, query.get('follow') === '1');
  }

  async #events({ response }: Call): Promise<void> {
    const { sendEvents } = await import('../live/stream.ts');
    if (!sendEvents(await this.#master.observed.live(), response)) {
      throw new BadRequest('too many readers of /events', 503);
    }
  }

  #scale({ body, query, response }: Call): void {
    this.#refuseWhenStopping();
    scale(this.#master, body, query.get('wait') !== '0', response, (status, value) =>
      answer(response, status, value),
    );
  }

  #stop({ body, query, response }: Call): void {
    const { mode, by } = readStop(body);
    if (query.get('wait') === '0') answer(response, 202, { accepted: true });
    else {
      // The stream ends with the master itself.
      watch(this.#master, response, (notice, send) => {
        send(lineOf(notice));
        return false;
      });
    }
    this.#master.stop(mode, by);
  }

  /** The answer tells whether anything has changed. */
  #rotate(to: 'leave' | 'stay', { body, response }: Call): void {
    const { by } = readBy(body);
    this.#refuseWhenStopping();
    const before = this.#master.status().leave;
    this.#master.rotate(to, by);
    const { leave } = this.#master.status();
    answer(response, 200, {
      leave: leave ?? null,
      changed: (before === undefined) !== (leave === undefined),
    });
  }

  #refuseWhenStopping(): void {
    const { state, newMaster, leave } = this.#master.status();
    if (newMaster !== undefined)
      throw new BadRequest('a new master is about to take over; ask that one', 409);
    if ((state === 'leaving' && !leave) || state === 'draining' || state === 'stopped')
      throw new BadRequest('refused: the master is stopping', 409);
  }
}

/** @throws BadRequest for a target that is no path, such as `//` */
function readTarget(target: string): URL {
  try {
    return new URL(target, 'http://control');
  } catch {
    throw new BadRequest('the request target is not a path such as /status');
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw new BadRequest(`the body has more than ${MOST_BODY_BYTES} bytes`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A line break at the end: people ask with curl. */
function answer(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}
