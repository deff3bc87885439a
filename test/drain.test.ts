import { brief, thorough } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await endServers();
});

const start = (...args: string[]): Promise<TestServer> =>
  startServer(fixture('drains.mjs'), { args: ['--no-handoff', ...args] });

async function connect(server: TestServer): Promise<RawClient> {
  const client = await RawClient.open({ port: server.port });
  clients.push(client);
  return client;
}

/** Sends HUP and resolves when the only worker has begun to drain. */
async function drain(server: TestServer): Promise<void> {
  const from = server.lines.length;
  server.signal('SIGHUP');
  await server.event('draining', { from });
}

brief('a request in flight is answered, and its answer announces the close', async () => {
  const server = await start();
  const client = await connect(server);
  client.get('/slow?drain&ms=100');
  await drain(server);
  await client.answers(1);
  expect(client.text).toMatch(/Connection: close/i);
  expect(await client.ended()).toBe('end');
});

brief('the next answer to a keep-alive client announces the close', async () => {
  const server = await start('--idle-linger', '20s');
  const client = await connect(server);
  await client.get('/').answers(1);
  expect(client.text).toMatch(/Connection: keep-alive/i);
  await drain(server);
  await client.get('/').answers(2);
  expect(client.text).toMatch(/Connection: close/i);
  expect(await client.ended()).toBe('end');
});

brief('a connection that has sent nothing yet is still answered during its linger', async () => {
  const server = await start('--idle-linger', '20s');
  const client = await connect(server);
  const served = await connect(server);
  await served.get('/').answers(1);
  await drain(server);
  await client.get('/').answers(1);
});

brief('an idle connection is closed in order when its linger is over', async () => {
  const server = await start('--idle-linger', '200ms');
  const client = await connect(server);
  await client.get('/').answers(1);
  await drain(server);
  expect(await client.ended()).toBe('end');
  expect(await server.event('drained')).toMatchObject({ closed: 1, forceClosed: 0 });
});

brief(
  'a request that comes within the linger is answered, also by a worker that computes until after it',
  async () => {
    const server = await start('--idle-linger', '3s');
    const [first, second, client] = [await connect(server), await connect(server), await connect(server)];
    for (const each of [first, second, client]) await each.get('/').answers(1);
    await drain(server);
    // The second request comes during the first: the loop reads it behind its timers, in the same turn.
    first.get('/compute?ms=300');
    const computing = (times: number) =>
      server.until('the work', () => server.output.split('computing').length > times);
    await computing(1);
    second.get('/compute?ms=3500');
    await computing(2);
    await client.get('/').answers(2);
  },
);

thorough('a header that has been read in part is waited for, and answered', async () => {
  const server = await start('--idle-linger', '100ms');
  const idle = await connect(server);
  const client = await connect(server);
  await idle.get('/').answers(1);
  await client.get('/').answers(1);
  client.send('GET / HTTP/1.1\r\nHost: loc');
  // The worker reads in order: when this one is answered, it has read the other.
  await idle.get('/').answers(2);
  await drain(server);
  await idle.ended();
  await client.send('alhost\r\n\r\n').answers(2);
});

thorough('a pipelined pair is answered whole', async () => {
  const server = await start();
  const client = await connect(server);
  client.get('/slow?drain&ms=100').get('/slow?ms=200');
  await drain(server);
  await client.answers(2);
  expect(await client.ended()).toBe('end');
});

brief(
  'a stream runs on to its end, and what promised keep-alive before gets a linger of its own',
  async () => {
    const server = await start('--idle-linger', '4s');
    const client = await connect(server);
    await client.get('/stream?drain&ms=5000').until(/begun/);
    await drain(server);
    await client.answers(1);
    await client.get('/').answers(2);
  },
);

brief('an upgraded connection is told, and force-closed at the deadline; both are counted', async () => {
  const server = await start('--grace', '2s');
  const client = await connect(server);
  await client.get('/', 'Connection: Upgrade\r\nUpgrade: chat\r\n').until(/101/);
  await drain(server);
  await client.until(/draining, 2 s left/);
  await client.ended();
  expect(await server.event('drained')).toMatchObject({ forceClosed: 1 });
});

thorough('an upload goes on', async () => {
  const server = await start();
  const client = await connect(server);
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345');
  // Another client's answer shows that the worker has read the header.
  const other = await connect(server);
  await other.get('/').answers(1);
  await drain(server);
  await client.send('67890').answers(1);
});

brief('a worker that ignores everything is killed', async () => {
  const server = await startServer(fixture('stuck.mjs'), { args: ['--grace', '1s'] });
  const client = await connect(server);
  client.get('/stuck');
  await server.until('the worker to be stuck', () => server.output.includes('stuck'));
  server.signal('SIGHUP');
  const killed = await server.event('killed');
  expect(killed.msg).toContain('grace');
  await server.event('reload-finished');
});
