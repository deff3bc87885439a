/** An app may listen to its server's connections: those that it takes over stay and drain in order, all others move. */
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

test.each([
  ['after a probe behind the wrapper', []],
  ['without a probe', ['--no-status-path']],
] as const)(
  'a PROXY protocol wrapper, %s: its connections are answered and closed in order',
  async (_, more) => {
    const args = ['--idle-linger', '5s', ...more];
    const server = await startServer(fixture('reads-proxy-line.mjs'), { args });
    expect(await server.event('no-handoff')).toMatchObject({ reason: 'connection-listener' });
    const [busy, idle] = [await open(server), await open(server)];
    for (const client of [busy, idle]) {
      client.send('PROXY TCP4 192.0.2.7 192.0.2.1 4000 80\r\n');
      await client.get('/').answers(1, 'client 192.0.2.7\n');
    }
    const from = server.lines.length;
    server.signal('SIGHUP');
    await server.event('draining', { from });
    await busy.get('/').answers(2, 'client 192.0.2.7\n');
    expect(busy.text).toMatch(/Connection: close/i);
    expect(await busy.ended()).toBe('end');
    expect(await idle.ended()).toBe('end');
    expect(await server.event('drained', { from })).toMatchObject({
      moved: 0,
      finished: 1,
      closed: 1,
      forceClosed: 0,
      refused: { 'connection-listener': 2 },
    });
  },
);

test('listeners that only look on keep nothing from moving; a connection that the app reads along with stays', async () => {
  const server = await startServer(fixture('watches-connections.mjs'), { args: ['--idle-linger', '100ms'] });
  const clients = [await open(server), await open(server), await open(server)] as const;
  for (const client of clients) await client.get('/').answers(1);
  const [read, one, other] = clients;
  await read.get('/read').answers(2);
  const from = server.lines.length;
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const [old] = server.of('drained', from);
  expect(old).toMatchObject({ moved: 2, closed: 1, forceClosed: 0, refused: { 'data-listener': 1 } });
  expect(await read.ended()).toBe('end');
  for (const client of [one, other]) {
    await client.get('/').answers(2);
    expect(client.text).not.toContain(`x-pid: ${old?.pid}\r\n`.repeat(2));
    expect(client.text).not.toMatch(/Connection: close/i);
  }
});
