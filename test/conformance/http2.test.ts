/** Every kind of app over HTTP/2, with Node's own client: what conformance.test.ts promises over HTTP/1.1. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import { cases } from '../support/long.ts';
import { endServers, startServer, type TestServer } from '../support/server.ts';
import { APPS, APPS_DIRECTORY, type ConformanceApp } from './apps.ts';

/** The short suite has one with a framework that sets prototypes, and a plain handler. */
const SHORT = new Set(['express.mjs', 'handler.mjs']);

afterEach(() => endServers());

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly trailers: http2.IncomingHttpHeaders;
}

class Client {
  readonly session: http2.ClientHttp2Session;

  constructor({ origin }: TestServer) {
    this.session = http2.connect(origin);
    this.session.on('error', () => {});
  }

  async ask(
    path: string,
    { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: Buffer } = {},
  ): Promise<Answer> {
    const stream = this.session.request({ ':path': path, ':method': method, ...headers });
    let trailers: http2.IncomingHttpHeaders = {};
    stream.on('trailers', (all) => {
      trailers = all;
    });
    const head = once(stream, 'response');
    stream.end(body);
    const [{ ':status': status = 0 }] = await head;
    return { status, body: Buffer.concat(await stream.toArray()), trailers };
  }
}

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

async function holds({ responseTrailers, guardsAsync }: ConformanceApp, client: Client): Promise<void> {
  const hello = await client.ask('/');
  expect([hello.status, hello.body.toString()]).toEqual([200, 'hello']);
  expect((await client.ask('/nowhere')).status).toBe(404);
  const head = await client.ask('/', { method: 'HEAD' });
  expect([head.status, head.body.length]).toEqual([200, 0]);
  const body = randomBytes(300_000);
  const headers = { 'content-type': 'application/octet-stream' };
  const echoed = await client.ask('/echo', { method: 'POST', headers, body });
  expect(sha256(echoed.body)).toBe(sha256(body));
  expect((await client.ask('/stream')).body.toString()).toBe('one\ntwo\nthree\n');
  const unread = await client.ask('/', { method: 'POST', headers, body });
  expect(unread.body.toString()).toBe('hello');
  if (responseTrailers) {
    const { trailers } = await client.ask('/trailers', { method: 'POST', headers, body: Buffer.from('x') });
    expect(Object.keys(trailers).length).toBeGreaterThanOrEqual(0);
  }
  if (guardsAsync) expect((await client.ask('/throw-async')).status).toBe(500);
  const many = await Promise.all(Array.from({ length: 50 }, () => client.ask('/')));
  expect(many.every((one) => one.body.toString() === 'hello')).toBe(true);
  const gone = client.session.request({ ':path': '/hang' });
  await once(gone, 'data');
  gone.close(http2.constants.NGHTTP2_CANCEL);
  let aborts = 0;
  while (aborts === 0) ({ aborts } = JSON.parse(String((await client.ask('/seen')).body)));
}

test.each(cases(APPS, ({ app }) => SHORT.has(app)))('over HTTP/2: $app', async (app) => {
  const server = await startServer(app.app, { cwd: APPS_DIRECTORY, args: ['--http2'] });
  const client = new Client(server);
  await holds(app, client);
  const closed = once(client.session, 'close');
  const reloaded = server.reload();
  await closed;
  expect(await reloaded).toMatchObject({ outcome: 'committed' });
});
