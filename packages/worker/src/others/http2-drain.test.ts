import { once } from 'node:events';
import http2, { type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Http2Drain } from './http2-drain.ts';

const HIGHEST = 2 ** 31 - 1;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that answers when it is told to, and one client. */
async function pair(onSession: (drain: Http2Drain) => void = () => {}) {
  const sessions = new Map<ServerHttp2Session, Socket>();
  const drain = new Http2Drain(sessions);
  let answer = () => {};
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const server = http2.createServer((_request, response) => void mayAnswer.then(() => response.end('fine')));
  let socket: Socket;
  server.prependListener('connection', (newest: Socket) => {
    socket = newest;
  });
  server.on('session', (session) => {
    sessions.set(session as ServerHttp2Session, socket);
    onSession(drain);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  ends.push(
    () => server.close(),
    () => client.destroy(),
  );
  return { server, client, drain, answer };
}

async function textOf(stream: http2.ClientHttp2Stream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

test('the first notice refuses nothing: what is in flight is answered, and the client leaves by itself', async () => {
  const { server, client, drain, answer } = await pair();
  const stream = client.request({ ':path': '/' });
  await once(server, 'stream');
  const told = once(client, 'goaway');
  drain.beginClosing();
  expect((await told).slice(0, 2)).toEqual([0, HIGHEST]);
  answer();
  expect(await textOf(stream)).toBe('fine');
  await once(client, 'close');
});

test('a session that has just begun gets its settings before the notice', async () => {
  const { client, answer } = await pair((drain) => drain.beginClosing());
  answer();
  const told = once(client, 'goaway');
  expect(await textOf(client.request({ ':path': '/' }))).toBe('fine');
  expect((await told).slice(0, 2)).toEqual([0, HIGHEST]);
});

test('after the linger an idle session is closed, and a busy one with its last stream', async () => {
  const { server, client, drain, answer } = await pair();
  const stream = client.request({ ':path': '/' });
  await once(server, 'stream');
  drain.beginClosing();
  drain.closeIdle();
  answer();
  expect(await textOf(stream)).toBe('fine');
  await once(client, 'close');

  const idle = await pair();
  await once(idle.client, 'remoteSettings');
  const closed = once(idle.client, 'close');
  idle.drain.closeIdle();
  await closed;
});
