/**
 * Sends a request to the app through its real HTTP server (parser, middleware, router), over a pair of in-memory
 * streams instead of a network socket, so that nothing outside of the process can answer or be in the way.
 * `http.Server` takes any Duplex by `emit('connection')`; Node documents that for this purpose:
 * https://nodejs.org/api/http.html#event-connection
 */
import http from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { withDeadline } from '@tshorn/core';

export interface Question {
  readonly path: string;
  readonly userAgent: string;
  /** Milliseconds until the end of the answer. */
  readonly timeout: number;
}

export interface Answer {
  readonly code: number;
  /** The status line without the protocol: `200 OK`. */
  readonly status: string;
}

export class NoAnswer extends Error {}

/**
 * One GET.
 * @param serve has the app's server serve the stream as a connection
 * @param encrypted whether the app is to see a TLS connection
 * @throws NoAnswer after `timeout`, Error when the connection ends or the answer is malformed
 */
export async function askInProcess(
  serve: (stream: Duplex) => void,
  encrypted: boolean,
  question: Question,
): Promise<Answer> {
  const { timeout } = question;
  const [client, inside] = duplexPair();
  try {
    const answered = request(client, question);
    serve(asSocket(inside, encrypted));
    return await withDeadline(
      answered,
      timeout,
      () => new NoAnswer(`no answer within ${Math.round(timeout) / 1000} s`),
    );
  } finally {
    client.destroy();
    inside.destroy();
  }
}

const IN_PROCESS = Symbol('tshorn.in-process');

/** True for such a stream: requests over it are no traffic. */
export const isInProcess = (socket: object): boolean => IN_PROCESS in socket;

const request = (connection: Duplex, { path, userAgent }: Question) =>
  new Promise<Answer>((resolve, reject) => {
    const outgoing = http.get({
      path,
      headers: { host: 'localhost', 'user-agent': userAgent, connection: 'close' },
      createConnection: () => connection as never,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      const code = response.statusCode ?? 0;
      // The whole answer counts: a status page that dies in its body is not healthy.
      response.once('end', () => resolve({ code, status: `${code} ${response.statusMessage}`.trim() }));
      response.once('error', reject);
    });
  });

/** Middleware asks a socket for its addresses and options, so an in-memory one has them too. */
function asSocket(stream: Duplex, encrypted: boolean): Duplex {
  const self = () => stream;
  return Object.assign(stream, {
    [IN_PROCESS]: true,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    remoteFamily: 'IPv4',
    localAddress: '127.0.0.1',
    localPort: 0,
    encrypted,
    setTimeout: self,
    setNoDelay: self,
    setKeepAlive: self,
    ref: self,
    unref: self,
    address: () => ({ address: '127.0.0.1', port: 0, family: 'IPv4' }),
    destroySoon: () => stream.end(),
  });
}
