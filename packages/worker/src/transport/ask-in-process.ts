/**
 * Sends a request to the app through its real HTTP server (parser, middleware, router), over a pair of in-memory
 * streams instead of a network socket, so that nothing outside of the process can answer or be in the way.
 * `http.Server` takes any Duplex by `emit('connection')`; Node documents that for this purpose:
 * https://nodejs.org/api/http.html#event-connection
 */
import http from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import type { Header } from '@tshorn/config';
import { withDeadline } from '@tshorn/core';
import { markInProcess } from './in-process.ts';

export interface Question {
  readonly path: string;
  readonly userAgent: string;
  /** Sent beside the usual ones, or in their place. */
  readonly headers?: readonly Header[];
  /** The client would keep the connection. */
  readonly keepAlive?: boolean;
  /** Milliseconds until the end of the answer. */
  readonly timeout: number;
}

export interface Answer {
  readonly code: number;
  /** The status line without the protocol: `200 OK`. */
  readonly status: string;
  readonly headers?: http.IncomingHttpHeaders;
  /** The first `MOST_BODY` bytes, as UTF-8. */
  readonly body?: string;
  /** The error of the app's handler, where an adapter of ours calls it; a TshornError says that it is no handler. */
  readonly failure?: unknown;
}

/** Enough to find the words of an error page behind its styles. */
const MOST_BODY = 16 * 1024;

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
  const trace = markInProcess(inside);
  inside.once('close', () => {
    // The app has destroyed its side, which ends no other: the client would wait for the whole timeout.
    if (!inside.writableFinished) client.push(null);
  });
  try {
    let head: string | undefined;
    const answered = request(client, question, (status) => {
      head = status;
    });
    serve(asSocket(inside, encrypted));
    const answer = await withDeadline(answered, timeout, () => {
      const within = `within ${Math.round(timeout) / 1000} s`;
      // As an event stream, which has no end.
      return new NoAnswer(head ? `${head}, and the body did not end ${within}` : `no answer ${within}`);
    });
    return 'failure' in trace ? { ...answer, failure: trace.failure } : answer;
  } catch (error) {
    // An answer that was cut off because its handler failed says less than that failure.
    if (!('failure' in trace)) throw error;
    return { code: 500, status: '500, and was cut off', failure: trace.failure };
  } finally {
    client.destroy();
    inside.destroy();
  }
}

const request = (connection: Duplex, question: Question, onHead: (status: string) => void) =>
  new Promise<Answer>((resolve, reject) => {
    const outgoing = http.get({
      path: question.path,
      headers: headersOf(question),
      createConnection: () => connection as never,
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      // "socket hang up": there is no socket that a person could look for.
      const hungUp = error.code === 'ECONNRESET';
      reject(hungUp ? new NoAnswer('the app closed the connection without an answer') : error);
    });
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        if (size < MOST_BODY) chunks.push(chunk);
        size += chunk.length;
      });
      const code = response.statusCode ?? 0;
      const status = `${code} ${response.statusMessage}`.trim();
      onHead(status);
      // The whole answer counts: a status page that dies in its body is not healthy.
      response.once('end', () => {
        const body = Buffer.concat(chunks).toString('utf8', 0, MOST_BODY);
        resolve({ code, status, headers: response.headers, body });
      });
      response.once('error', () =>
        reject(new NoAnswer('the app closed the connection in the middle of its answer')),
      );
    });
  });

function headersOf({ userAgent, headers = [], keepAlive }: Question): http.OutgoingHttpHeaders {
  const given = new Map<string, string[]>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    given.set(key, [...(given.get(key) ?? []), value]);
  }
  return {
    host: 'localhost',
    'user-agent': userAgent,
    ...Object.fromEntries([...given].map(([name, values]) => [name, values.length > 1 ? values : values[0]])),
    connection: keepAlive ? 'keep-alive' : 'close',
  };
}

/** An app may ask a TLS connection for these. */
const TLS = {
  authorized: false,
  alpnProtocol: false,
  getProtocol: () => 'TLSv1.3',
  getCipher: () => ({
    name: 'TLS_AES_128_GCM_SHA256',
    standardName: 'TLS_AES_128_GCM_SHA256',
    version: 'TLSv1.3',
  }),
  getPeerCertificate: () => ({}),
  getPeerX509Certificate: () => undefined,
  isSessionReused: () => false,
};

/** Middleware asks a socket for its addresses and options, so an in-memory one has them too. */
function asSocket(stream: Duplex, encrypted: boolean): Duplex {
  const self = () => stream;
  return Object.assign(stream, {
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    remoteFamily: 'IPv4',
    localAddress: '127.0.0.1',
    localPort: 0,
    encrypted,
    ...(encrypted && TLS),
    setTimeout: self,
    setNoDelay: self,
    setKeepAlive: self,
    ref: self,
    unref: self,
    address: () => ({ address: '127.0.0.1', port: 0, family: 'IPv4' }),
    destroySoon: () => stream.end(),
  });
}
