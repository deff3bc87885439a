import { once } from 'node:events';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { brief, thorough } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await endServers();
});

/** A short spread: the tests that are about it set their own. */
const start = (args: readonly string[] = [], env: Record<string, string> = {}): Promise<TestServer> =>
  startServer(fixture('keeps-websockets.mjs'), { args: ['--websocket-spread', '200ms', ...args], env });

interface Client {
  readonly ws: WebSocket;
  /** How it was closed. */
  readonly closed: Promise<string>;
}

async function connect(server: TestServer, path = '/echo', scheme = 'ws'): Promise<Client> {
  const ws = new WebSocket(`${scheme}://127.0.0.1:${server.port}${path}`, { rejectUnauthorized: false });
  ends.push(() => ws.terminate());
  const closed = once(ws, 'close').then(([code, reason]) => `${code} ${reason}`);
  await once(ws, 'open');
  return { ws, closed };
}

async function raw(server: TestServer, protocol: string): Promise<RawClient> {
  const client = await RawClient.open({ port: server.port });
  ends.push(() => client.destroy());
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  await client
    .get('/echo', `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n${key}`)
    .until(/101[\s\S]*\r\n\r\n/);
  return client;
}

const RESTART = '1012 service restart';
const drained = (server: TestServer): Promise<LogLine> => server.event('drained');

brief(
  "a reload closes WebSockets with 1012, those of a library and those of the app's own hand",
  async () => {
    const server = await start(['--grace', '10s', '--websocket-spread', '4s']);
    const paths = ['/echo', '/by-hand', '/echo', '/by-hand'];
    const clients = await Promise.all(paths.map((path) => connect(server, path)));
    server.signal('SIGHUP');
    for (const { closed } of clients) expect(await closed).toBe(RESTART);
    expect(await drained(server)).toMatchObject({ closed: 4, forceClosed: 0, refused: { upgraded: 4 } });
  },
);

thorough('one that the app lets survive, and that cannot move, is closed by its library', async () => {
  const server = await start(['--grace', '2s']);
  const { closed } = await connect(server, '/unsaved');
  server.signal('SIGHUP');
  expect(await closed).toBe(RESTART);
  await server.until('the close', () => server.output.includes('the app saw 1012'));
  expect(await drained(server)).toMatchObject({ moved: 0, closed: 1, forceClosed: 0 });
});

thorough(
  'one that moves beside Socket.IO, which ends what nobody answers within a second, lives on',
  async () => {
    const server = await start();
    const { ws } = await connect(server, '/moves');
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(server.of('drained')[0]).toMatchObject({ moved: 1 });
    // It came after the other one: when its time is over, so is that of the other.
    const ignored = await RawClient.open({ port: server.port });
    ends.push(() => ignored.destroy());
    ignored.get('/ignored', 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
    expect(await ignored.ended()).toBe('end');
    ws.send('still there?');
    await once(ws, 'message');
  },
);

thorough('the library of the app sees a client that leaves, and its code', async () => {
  const server = await start(['--grace', '2s']);
  const { closed } = await connect(server);
  server.signal('SIGHUP');
  await closed;
  await server.until('the close', () => server.output.includes('the app saw 1012'));
});

thorough('a Socket.IO client comes back by itself, to the new worker', async () => {
  const server = await start(['--grace', '2s']);
  const client = io(server.origin, { transports: ['websocket'], reconnectionDelay: 50 });
  ends.push(() => client.disconnect());
  const next = (event: string) => new Promise<unknown>((resolve) => client.once(event, resolve));
  const before = await next('pid');
  server.signal('SIGHUP');
  expect(await next('disconnect')).toBe('transport close');
  const after = await next('pid');
  expect(after).not.toBe(before);
  expect(await drained(server)).toMatchObject({ closed: 1, forceClosed: 0 });
});

thorough('WebSockets over TLS are closed with 1012', async () => {
  const server = await start(['--grace', '2s'], { TLS: '1' });
  const { closed } = await connect(server, '/echo', 'wss');
  server.signal('SIGHUP');
  expect(await closed).toBe(RESTART);
  expect(await drained(server)).toMatchObject({ closed: 1, forceClosed: 0 });
});

brief('a stop closes them with 1012', async () => {
  const server = await start(['--grace', '8s', '--websocket-spread', '4s']);
  const clients = await Promise.all([connect(server), connect(server, '/by-hand')]);
  server.signal('SIGTERM');
  for (const { closed } of clients) expect(await closed).toBe(RESTART);
  expect(await server.exited).toBe(0);
  expect(server.of('drained')[0]).toMatchObject({ closed: 2, forceClosed: 0 });
});

thorough('a quick stop closes them at once', async () => {
  const server = await start(['--quick-grace', '25s']);
  const clients = await Promise.all([connect(server), connect(server, '/by-hand')]);
  server.signal('SIGINT');
  for (const { closed } of clients) expect(await closed).toBe(RESTART);
  expect(await server.exited).toBe(0);
  const [report] = server.of('drained');
  expect(report).toMatchObject({ closed: 2, forceClosed: 0 });
  expect(report?.tookMs).toBeLessThan(25_000);
});

thorough('a stop that becomes a quick one closes them then', async () => {
  const server = await start(['--grace', '10m', '--quick-grace', '5m']);
  const { closed } = await connect(server);
  server.signal('SIGTERM');
  await server.event('draining');
  server.signal('SIGINT');
  expect(await closed).toBe(RESTART);
  expect(await server.exited).toBe(0);
});

thorough('they are closed one after the other: when the first one goes, the last one is served', async () => {
  const server = await start(['--grace', '10s', '--websocket-spread', '5s']);
  const clients: Client[] = [];
  while (clients.length < 40) clients.push(await connect(server));
  let left = clients.length;
  for (const { ws } of clients) ws.once('close', () => left--);
  server.signal('SIGHUP');
  await clients[0]?.closed;
  const last = clients.at(-1)?.ws as WebSocket;
  last.send('still there?');
  expect(String((await once(last, 'message'))[0])).toBe('still there?');
  expect(left).toBeGreaterThan(0);
  for (const { closed } of clients) expect(await closed).toBe(RESTART);
  expect(await drained(server)).toMatchObject({ closed: 40, forceClosed: 0 });
});

thorough('no message is torn by the close, nor by the end of a fragment', async () => {
  const server = await start(['--grace', '2s']);
  const { ws, closed } = await connect(server, '/floods');
  const sizes = new Set<number>();
  const errors: Error[] = [];
  ws.on('message', (message: Buffer) => sizes.add(message.length));
  ws.on('error', (error) => errors.push(error));
  server.signal('SIGHUP');
  expect(await closed).toBe(RESTART);
  expect([...sizes]).toEqual([600_000]);
  expect(errors).toEqual([]);
});

brief('a client that never answers is force-closed at the deadline, and the worker ends', async () => {
  const server = await start(['--grace', '2s']);
  const client = await raw(server, 'websocket');
  server.signal('SIGTERM');
  await client.until(/service restart/);
  await client.ended();
  expect(await server.exited).toBe(0);
  expect(server.of('drained')[0]).toMatchObject({ closed: 0, forceClosed: 1 });
  expect(server.of('killed')).toEqual([]);
});

thorough('another protocol than WebSocket gets no frame', async () => {
  const server = await start(['--grace', '2s']);
  const client = await raw(server, 'tcp');
  const { text } = client;
  server.signal('SIGHUP');
  await client.ended();
  expect(client.text).toBe(text);
  expect(await drained(server)).toMatchObject({ closed: 0, forceClosed: 1, refused: { upgraded: 1 } });
});

thorough('without a spread they are force-closed', async () => {
  const server = await start(['--grace', '1s', '--websocket-spread', '0']);
  const { closed } = await connect(server);
  server.signal('SIGHUP');
  expect(await closed).toBe('1006 ');
  expect(await drained(server)).toMatchObject({ closed: 0, forceClosed: 1 });
});

thorough('a drain ends with its last WebSocket, long before the deadline', async () => {
  const server = await start(['--grace', '10m']);
  const { ws } = await connect(server);
  server.signal('SIGHUP');
  await server.event('draining');
  ws.close();
  expect(await drained(server)).toMatchObject({ finished: 1, closed: 0, forceClosed: 0 });
});
