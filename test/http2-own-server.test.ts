import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import { authority } from './support/certificates.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { HIGHEST, Http2Client, request } from './support/http2-client.ts';
import { Http2Load } from './support/http2-load.ts';
import { brief, times } from './support/long.ts';
import { fixture, startServer } from './support/server.ts';

const RELOADS = times('RELOADS', 2, 4);
const CLIENTS = times('CLIENTS', 4, 8);

ownDirectory();

/** A server of the app with this in front of it, and a way to it. */
async function start(kind: 'plain' | 'https' | 'own') {
  const made = authority().issue({ names: ['localhost'] });
  const files = made.write(directory);
  const env =
    kind === 'own'
      ? { CERT: path.join(directory, 'server.pem'), KEY: path.join(directory, 'server.key') }
      : {};
  const args = ['--idle-linger', '20s', ...(kind === 'https' ? files : [])];
  const server = await startServer(fixture('own-http2.mjs'), { args, env, workers: 2 });
  const secure = async () => {
    const { port } = server;
    const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return new Http2Client(socket);
  };
  return { server, connect: kind === 'plain' ? () => Http2Client.connect(server.port) : secure };
}

test.each([
  ['on a plain listener', 'plain'],
  ['behind our TLS', 'https'],
  ['with its own TLS', 'own'],
] as const)("an app's own HTTP/2 server %s loses no stream in reloads", async (_name, kind) => {
  const { server, connect } = await start(kind);
  const client = await connect();
  // A conversation is under way, and goes on.
  const chat = client.begin(request('/chat', { ':method': 'POST' }), false);
  const answered = client.answerOn(chat);
  client.sendData(chat, 'one ', false);
  await client.frame('one', ({ type, payload }) => type === 'data' && payload.toString() === 'one ');
  client.polite = false;
  const load = new Http2Load(CLIENTS, connect);
  const first = server.reload();
  await client.frame('GOAWAY', ({ type }) => type === 'goaway');
  expect(client.notices[0]).toBe(HIGHEST);
  expect(await client.ask(request('/'))).toMatchObject({ status: 200, body: 'hello' });
  await client.answerPing();
  client.sendData(chat, 'two', true);
  expect(await answered).toMatchObject({ status: 200, body: 'one two' });
  expect(await first).toMatchObject({ outcome: 'committed' });
  for (let at = 1; at < RELOADS; at++) expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBe(load.asked);
  for (const drained of server.of('drained')) expect(drained).toMatchObject({ forceClosed: 0 });
});

brief("clients of HTTP/1 are served where the app's server allows it", async () => {
  const { server } = await start('own');
  const agent = new https.Agent({ rejectUnauthorized: false });
  const asked = https.get({ port: server.port, host: '127.0.0.1', agent });
  const [response] = await once(asked, 'response');
  expect(String(Buffer.concat(await response.toArray()))).toBe('hello');
  agent.destroy();
});

brief("Node's own client is answered, and its connection closes in order", async () => {
  const { server } = await start('plain');
  const client = http2.connect(server.origin);
  const stream = client.request({ ':path': '/echo', ':method': 'POST' });
  const trailers = once(stream, 'trailers');
  stream.end('ping');
  expect(String(Buffer.concat(await stream.toArray()))).toBe('ping');
  expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
  const closed = once(client, 'close');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await closed;
});
