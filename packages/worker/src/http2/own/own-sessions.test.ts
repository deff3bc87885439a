import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { DrainingConnections } from '../../transport/transport.ts';
import { OwnSessions } from './own-sessions.ts';

const HIGHEST = 2 ** 31 - 1;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that answers when it is told to, and one client. */
async function pair(onSession: (drain: DrainingConnections) => void = () => {}) {
  let answer = () => {};
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const server = http2.createServer((_request, response) => void mayAnswer.then(() => response.end('fine')));
  const drain = new OwnSessions(server).drain();
  server.on('session', () => onSession(drain));
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

test('two notices: the first refuses nothing, the second has the last stream, and what is in flight is answered', async () => {
  const { server, client, drain, answer } = await pair();
  const notices: number[] = [];
  client.on('goaway', (_code, last) => notices.push(last));
  const stream = client.request({ ':path': '/' });
  await once(server, 'stream');
  drain.beginClosing();
  while (notices.length < 2) await once(client, 'goaway');
  answer();
  expect(await textOf(stream)).toBe('fine');
  await once(client, 'close');
  expect(notices.slice(0, 2)).toEqual([HIGHEST, 1]);
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
  drain.closeIdle(0, performance.now());
  answer();
  expect(await textOf(stream)).toBe('fine');
  await once(client, 'close');

  const idle = await pair();
  await once(idle.client, 'remoteSettings');
  const closed = once(idle.client, 'close');
  idle.drain.closeIdle(0, performance.now());
  await closed;
});
