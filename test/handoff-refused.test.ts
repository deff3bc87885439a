/** What cannot move stays, drains in order, and is counted by reason. */
import { once } from 'node:events';
import tls from 'node:tls';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { brief as test, thorough } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const leaving: (() => void)[] = [];
afterEach(async () => {
  for (const leave of leaving.splice(0)) leave();
  await endServers();
});

async function open(server: TestServer): Promise<RawClient> {
  const client = await RawClient.open({ port: server.port });
  leaving.push(() => client.destroy());
  return client;
}

async function drained(server: TestServer, from: number) {
  server.signal('SIGHUP');
  return server.event('drained', { from });
}

test('a connection that the app marks: its next answer announces the close; the others move', async () => {
  const server = await startServer(fixture('drains.mjs'), { args: ['--idle-linger', '20s'] });
  const [marked, plain] = [await open(server), await open(server)];
  await marked.get('/stay').answers(1);
  await plain.get('/').answers(1);
  const from = server.lines.length;
  server.signal('SIGHUP');
  await server.event('draining', { from });
  await server.until('the handoff', () => server.output.includes('handoff from 127.0.0.1'));
  await marked.get('/').answers(2);
  expect(marked.text).toMatch(/Connection: close/i);
  expect(await marked.ended()).toBe('end');
  await plain.get('/').answers(2);
  expect(plain.text).not.toMatch(/Connection: close/i);
  const end = await server.event('drained', { from });
  expect(end).toMatchObject({ moved: 1, finished: 1, closed: 0, forceClosed: 0, refused: { stay: 1 } });
  expect(end.msg).toContain('moved=1 finished=1 closed=0 force-closed=0 refused=stay:1 in ');
});

thorough('a thousand that stay do not keep the others from moving', async () => {
  const server = await startServer(fixture('drains.mjs'), { args: ['--idle-linger', '3s'] });
  const clients: KeepAliveClient[] = [];
  leaving.push(() => {
    for (const client of clients) client.leave();
  });
  const ask = (client: KeepAliveClient, path: string) =>
    client.ask([`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`], 'done\n');
  for (let at = 0; at < 1_050; at++) {
    const client = await KeepAliveClient.connect({ port: server.port });
    clients.push(client);
    await ask(client, at % 21 === 0 ? '/' : '/stay');
  }
  const end = await drained(server, server.lines.length);
  expect(end).toMatchObject({ moved: 50, closed: 1_000, forceClosed: 0, refused: { stay: 1_000 } });
});

test('an upgraded connection', async () => {
  const server = await startServer(fixture('drains.mjs'), { args: ['--grace', '1s'] });
  const client = await open(server);
  await client.get('/', 'Connection: Upgrade\r\nUpgrade: chat\r\n').until(/101/);
  expect(await drained(server, server.lines.length)).toMatchObject({
    forceClosed: 1,
    refused: { upgraded: 1 },
  });
});

test('a server that speaks TLS and is told to keep it: said once, and its connections close after their linger', async () => {
  const args = ['--idle-linger', '100ms', '--tls-handoff', 'no'];
  const server = await startServer(fixture('serves-https.mjs'), { workers: 2, args });
  const client = tls.connect({ port: server.port, rejectUnauthorized: false });
  leaving.push(() => client.destroy());
  const closed = once(client, 'close');
  await once(client, 'secureConnect');
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(client, 'data');
  const from = server.lines.length;
  await server.reload();
  await closed;
  expect(server.of('no-handoff')).toMatchObject([{ level: 30, reason: 'tls' }]);
  expect(server.of('drained', from)).toContainEqual(
    expect.objectContaining({ moved: 0, closed: 1, forceClosed: 0, refused: { tls: 1 } }),
  );
});

test('a Node that keeps its connections elsewhere: a warning, once, and the drain goes on without', async () => {
  const args = ['--grace', '5s', '--idle-linger', '100ms'];
  const server = await startServer(fixture('hides-connections.mjs'), { workers: 2, args });
  const client = await open(server);
  await client.get('/').answers(1);
  const from = server.lines.length;
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await client.ended()).toBe('end');
  expect(server.of('no-handoff')).toMatchObject([{ level: 40, reason: 'unknown-node' }]);
  expect(server.of('drained', from).map(({ forceClosed }) => forceClosed)).toEqual([0, 0]);
});
