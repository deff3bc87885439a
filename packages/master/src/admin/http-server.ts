/**
 * HTTP on the admin listener: read-only, and with bounds for clients that mean harm. Loaded when the first client connects.
 * The paths are in endpoints.ts.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import type { Administered } from './administered.ts';
import type { Connections } from './connections.ts';
import { ENDPOINTS, type Endpoint, send, TEXT_TYPE } from './endpoints.ts';
import { isLoopback, isOwnName } from './loopback.ts';
import type { Token } from './token.ts';

const LIMITS = {
  maxHeaderSize: 8 * 1024,
  // Longer than the usual interval of a scrape.
  keepAliveTimeout: 75_000,
} as const;

const ALLOW = 'GET, HEAD';

interface Settings {
  readonly view: Administered;
  readonly connections: Connections;
  token(): Token | undefined;
}

/** An answer that refuses. */
class Refused extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export class AdminHttp {
  readonly #settings: Settings;
  readonly #connections: Connections;
  readonly #http = http.createServer(LIMITS, (request, response) => void this.#handle(request, response));
  readonly #streams = new Set<ServerResponse>();
  #isLeaving = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#connections = settings.connections;
    // The handler refuses the body, so none is asked for.
    this.#http.on('checkContinue', (request, response) => void this.#handle(request, response));
    this.#http.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
      const status =
        code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
      else socket.destroy();
    });
  }

  /** @param socket one of the connections */
  serve(socket: Socket): void {
    this.#http.emit('connection', socket);
  }

  /** Another master accepts from here on: responses under way end, streams stay, and no connection is kept open. */
  leave(): void {
    this.#isLeaving = true;
    this.#connections.closeIdle();
  }

  /** Ends the streams; what is being written has `withinMs`. */
  async close(withinMs: number): Promise<void> {
    this.leave();
    for (const response of this.#streams) response.end();
    const until = performance.now() + withinMs;
    while (this.#connections.count > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#connections.closeAll();
    // Ends the timer that looks for slow headers.
    this.#http.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const [path = '/', query = ''] = originForm(request.url ?? '/').split('?', 2);
    const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
    const streams = endpoint?.streams === true && request.method === 'GET';
    if (!this.#connections.begin(socket, streams)) {
      // Requests that do not wait for their answers would pile up.
      if (!streams) return void socket.destroy();
      response.writeHead(503, { connection: 'close' }).end('too many clients read streams here\n');
      return;
    }
    response.once('close', () => {
      this.#connections.end(socket);
      this.#streams.delete(response);
      if (this.#isLeaving) socket.destroySoon();
    });
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if (this.#isLeaving) response.setHeader('connection', 'close');
    try {
      const found = this.#check(request, path, endpoint);
      if (streams) this.#streams.add(response);
      const { view } = this.#settings;
      const isTrusted = this.#isTrusted(request);
      const call = { request, response, query: new URLSearchParams(query), view, isTrusted };
      await found.answer(call);
    } catch (error) {
      refuse(response, error);
    }
  }

  /** @throws Refused */
  #check(request: IncomingMessage, path: string, endpoint: Endpoint | undefined): Endpoint {
    const { method = '', headers } = request;
    const hasBody = Number(headers['content-length'] ?? 0) !== 0 || 'transfer-encoding' in headers;
    if (hasBody) throw new Refused(413, 'a request here has no body', { connection: 'close' });
    if (!endpoint) {
      throw new Refused(404, `there is no such path; there are ${Object.keys(ENDPOINTS).join(', ')}`);
    }
    if (method !== 'GET' && method !== 'HEAD') {
      const text = `${path} is for GET and HEAD; what changes something is asked of the control socket`;
      throw new Refused(405, text, { allow: ALLOW });
    }
    if (endpoint.free !== 'probe' && this.#isRebound(request)) {
      const text = `this name, ${JSON.stringify(headers.host)}, may have been made to point here by a web page; ask for localhost or an IP address, or set --admin-token`;
      throw new Refused(421, text);
    }
    if (!endpoint.free && !this.#isTrusted(request)) {
      // With Basic a browser asks a person for it.
      const challenge = { 'www-authenticate': 'Bearer, Basic realm="tshorn", charset="UTF-8"' };
      throw new Refused(401, `${path} asks for the token of --admin-token`, challenge);
    }
    return endpoint;
  }

  #isTrusted(request: IncomingMessage): boolean {
    const token = this.#settings.token();
    return token ? token.allows(request.headers.authorization) : !this.#isRebound(request);
  }

  /** Only a browser on this machine gets to a listener on loopback: without a token its pages must not read the answers. */
  #isRebound({ socket, headers }: IncomingMessage): boolean {
    const { localAddress } = socket;
    if (this.#settings.token() || localAddress === undefined) return false;
    return isLoopback({ kind: 'tcp', host: localAddress, port: 0 }) && !isOwnName(headers.host);
  }
}

/** A proxy may send the whole URL, which a server has to understand (RFC 9112, section 3.2.2). */
const originForm = (target: string): string => {
  const [, origin, rest = ''] = /^(https?:\/\/[^/?]*)(.*)$/i.exec(target) ?? [];
  if (origin === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
};

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const known = error instanceof Refused;
  for (const [name, value] of Object.entries(known ? error.headers : {})) response.setHeader(name, value);
  send(
    { response },
    known ? error.status : 500,
    TEXT_TYPE,
    `${known ? error.message : describeThrown(error)}\n`,
  );
}
