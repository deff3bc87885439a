/** The app's own server is its own: what an app does with it has the effect that it has under node. */
import { ask } from './support/load.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

const CLOSES = fixture('closes-its-server.mjs');
const once = { agent: false, headers: { connection: 'close' } } as const;

describe('an app that closes its server', () => {
  test('for good: its worker is replaced, the new one first, and the log says so', async () => {
    const server = await startServer(CLOSES);
    expect(server.output).toContain(`listening=true port=${server.port}`);
    const pid = server.of('ready')[0]?.pid as number;
    await ask({ port: server.port }, { path: '/close', ...once });
    const told = await server.event('closed-server');
    expect(told).toMatchObject({ pid, level: 40 });
    // Whoever comes meanwhile waits for the new worker.
    expect(Number((await ask({ port: server.port }, { path: '/', ...once })).body)).not.toBe(pid);
    await server.event('exited');
    const order = server.lines.flatMap(({ event }) =>
      event === 'ready' || event === 'draining' ? [event] : [],
    );
    expect(order).toEqual(['ready', 'ready', 'draining']);
  });

  test('to listen again: it is given the listeners again, and its callback comes', async () => {
    const server = await startServer(CLOSES);
    for (let at = 1; at <= 3; at++) {
      await ask({ port: server.port }, { path: '/again', ...once });
      expect((await ask({ port: server.port }, { path: '/', ...once })).body).toBe(
        String(server.of('ready')[0]?.pid),
      );
      await server.until('the callback', () => server.output.split('listens again').length > at);
    }
    expect(server.of('closed-server')).toEqual([]);
  });

  test('after an uncaught exception, with a connection that stays open: its worker is replaced at once', async () => {
    const server = await startServer(CLOSES, { args: ['--grace', '2s'] });
    const socket = await RawClient.open(server);
    socket.get('/', 'Connection: upgrade\r\nUpgrade: echo\r\n');
    await socket.until(/101/);
    await expect(ask({ port: server.port }, { path: '/boom', ...once })).rejects.toThrow();
    await server.event('closed-server');
    await ask({ port: server.port }, { path: '/', ...once });
    socket.destroy();
    await server.event('exited');
    expect(server.of('ready')).toHaveLength(2);
  });

  test('during a reload: a new worker that closes its server makes it fail', async () => {
    const server = await startServer(CLOSES, { args: ['--soak', '5s'] });
    const from = server.lines.length;
    server.signal('SIGHUP');
    await server.event('ready', { from });
    await ask({ port: server.port }, { path: '/close', ...once });
    expect(await server.event('reload-finished')).toMatchObject({
      outcome: 'rolled-back',
      reason: expect.stringContaining('a new worker closed its server'),
    });
    await ask({ port: server.port }, { path: '/', ...once });
  });
});

test('a worker with maxConnections connections accepts no more while another one has room, and drops nobody', async () => {
  const server = await startServer(fixture('limits-connections.mjs'), { workers: 2, env: { MAX: '3' } });
  const clients = await Promise.all(Array.from({ length: 6 }, () => RawClient.open(server)));
  for (const client of clients) await client.get('/').until(/\r\n\r\n\d+$/);
  const pids = clients.map(({ text }) => /\d+$/.exec(text)?.[0]);
  expect([...new Set(pids)].map((pid) => pids.filter((other) => other === pid).length)).toEqual([3, 3]);
  // All are full: the next one waits, and is served as soon as there is room.
  const waiting = (await RawClient.open(server)).get('/');
  clients[0]?.destroy();
  await waiting.until(/\r\n\r\n\d+$/);
  expect(server.output).not.toContain('dropped');
  for (const client of [...clients, waiting]) client.destroy();
});

describe('an app that becomes ready behind its own listen()', () => {
  const app = fixture('ready-after-listening.mjs');

  test('starts where its requests wait', async () => {
    const server = await startServer(app, { args: ['--status-path', '/waits', '--probe-attempts', '1'] });
    expect((await ask({ port: server.port }, { path: '/' })).body).toBe('ready');
  });

  test('with a status path that means something is reloaded without a 404', async () => {
    const server = await startServer(app, { args: ['--status-path', '/'] });
    const statuses: number[] = [];
    let reloading = true;
    const asking = (async () => {
      while (reloading) statuses.push((await ask({ port: server.port }, { path: '/', agent: false })).status);
    })();
    for (let at = 0; at < 2; at++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    }
    reloading = false;
    await asking;
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
