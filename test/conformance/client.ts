/** A client that shows what is on the wire: node:http on connections of its own, and plain sockets. */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  readonly body: Buffer;
}

export interface Ask extends http.RequestOptions {
  readonly body?: Buffer;
  /** Sent chunked, with these trailers behind the body. */
  readonly sendTrailers?: Record<string, string>;
}

const TLS = { rejectUnauthorized: false };
let isTls = false;

/** From here on every connection of this test file is one over TLS. */
export function speakTls(): void {
  isTls = true;
}

export const agentOf = (options: http.AgentOptions): http.Agent =>
  isTls ? new https.Agent(options) : new http.Agent(options);

const request = (options: http.RequestOptions): http.ClientRequest =>
  isTls ? https.request({ ...TLS, ...options }) : http.request(options);

export async function ask(
  port: number,
  path: string,
  { body, sendTrailers, ...options }: Ask = {},
): Promise<Answer> {
  const response = await open(port, path, options, (request) => {
    if (sendTrailers) {
      request.write(body ?? '');
      request.addTrailers(sendTrailers);
      request.end();
    } else request.end(body);
  });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const { statusCode: status = 0, headers, trailers } = response;
  return { status, headers, trailers, body: Buffer.concat(parts) };
}

/** The response as soon as its headers are there. `send` ends the request; without it there is no body. */
export function open(
  port: number,
  path: string,
  options: http.RequestOptions = {},
  send: (request: http.ClientRequest) => void = (request) => void request.end(),
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options });
    sent.once('response', resolve).once('error', reject);
    send(sent);
  });
}

/** Writes the text on a connection of its own and reads until `enough` is satisfied. */
export function exchange(port: number, text: string, enough: (received: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const target = { port, host: '127.0.0.1' };
    const begin = () => socket.write(text);
    const socket: net.Socket = isTls ? tls.connect({ ...TLS, ...target }, begin) : net.connect(target, begin);
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data;
      if (!enough(received)) return;
      resolve(received);
      socket.destroy();
    });
    socket.once('error', reject).once('close', () => reject(new Error(`closed after: ${received}`)));
  });
}
