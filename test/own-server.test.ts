/** The app's own server is its own: what an app does with it has the effect that it has under node. */
import { ask } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, TestServer } from './support/server.ts';

afterEach(endServers);

const CLOSES = fixture('closes-its-server.mjs');
const once = { agent: false, headers: { connection: 'close' } } as const;

describe('an app that closes its server', () => {
  brief('for good: its worker is replaced, the new one first, and the log says so', async () => {
    const server = await startServer(CLOSES);
    await server.until('its line', () => server.output.includes(`listening=true port=${server.port}`));
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

  brief('to listen again: it is given the listeners again, and its callback comes', async () => {
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

  brief(
    'after an uncaught exception, with a connection that stays open: its worker is replaced at once',
    async () => {
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
    },
  );

  thorough('during a reload: a new worker that closes its server makes it fail', async () => {
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

brief(
  'a worker with maxConnections connections accepts no more while another one has room, and drops nobody',
  async () => {
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
  },
);

brief('--keep-alive-timeout wins over a value that the app sets when it listens', async () => {
  const app = fixture('sets-keep-alive.mjs');
  const timeoutOf = async (args: readonly string[]) => {
    const server = await startServer(app, { args });
    return (await ask({ port: server.port }, { path: '/' })).headers['keep-alive'];
  };
  expect(await timeoutOf([])).toBe('timeout=2');
  expect(await timeoutOf(['--keep-alive-timeout', '60s'])).toBe('timeout=60');
});

describe('of several servers', () => {
  const bodyOf = async (server: TestServer) =>
    (await ask({ port: server.port }, { path: '/', ...once })).body;
  const twoServers = (server: TestServer) =>
    server.of('two-servers').map(({ served, other, keep }) => [served, other, keep]);
  const METRICS_FIRST = fixture('metrics-first.mjs');

  test('the one that listens first is the app, and one line says how to choose the other one', async () => {
    const server = await startServer(METRICS_FIRST, { workers: 2 });
    expect(await bodyOf(server)).toBe('metrics');
    await server.event('two-servers');
    await server.reload();
    await server.event('two-servers', { count: 2 });
    const told = [
      'the server that asked for port 9464',
      'the one that asked for port 3999',
      '--app-port 9464',
    ];
    // Once for each generation.
    expect(twoServers(server)).toEqual([told, told]);
  });

  test('an app that asks for another port than the one served is told about once for each generation', async () => {
    const server = await startServer(METRICS_FIRST, { workers: 2 });
    await server.event('served-elsewhere');
    await server.reload();
    const line = {
      asked: '9464',
      msg: `the app asks for 9464; it is served on 127.0.0.1:${server.port} (--bind)`,
    };
    expect(server.of('served-elsewhere')).toMatchObject([line, line]);
  });

  test('--app-port or PORT name the app, and the metrics stay where they are', async () => {
    for (const named of [{ args: ['--app-port', '3999'] }, { env: { PORT: '3999' } }]) {
      const server = await startServer(METRICS_FIRST, named);
      expect(await bodyOf(server)).toBe('app');
      await server.event('also-listening');
      expect((await ask({ port: 9464 }, { path: '/', ...once })).body).toBe('metrics');
      expect(server.of('served-elsewhere')).toEqual([]);
      expect([twoServers(server), server.of('also-listening').map(({ address }) => address)]).toEqual([
        [],
        ['127.0.0.1:9464'],
      ]);
      await server.end();
    }
  });

  thorough('--bind names the app as PORT does', async () => {
    const server = await startServer(fixture('admin-first.mjs'), { args: ['--bind', '127.0.0.1:3997'] });
    expect((await ask({ port: 3997 }, { path: '/', ...once })).body).toBe('app');
    expect(twoServers(server)).toEqual([]);
  });

  test('those that are one app on several hosts are all served by what is bound', async () => {
    const hosts = ['127.0.0.1', '127.0.0.2'];
    const server = await startServer(fixture('listens-on-hosts.mjs'), {
      args: hosts.flatMap((host) => ['--bind', `${host}:3996`]),
      env: { HOSTS: hosts.join(' ') },
    });
    await server.until('both callbacks', () => server.output.split('listens on').length > 2);
    await server.reload();
    for (const host of hosts)
      expect((await ask({ host, port: 3996 }, { path: '/', ...once })).body).toBe('app');
    expect([twoServers(server), server.of('also-listening')]).toEqual([[], []]);
  });

  test('two apps on one bound port are refused with a line that names both addresses', async () => {
    const server = new TestServer(fixture('listens-on-hosts.mjs'), {
      args: ['--bind', '127.0.0.1:3995'],
      env: { HOSTS: '127.0.0.1 127.0.0.1', PORT: '3995', DIFFER: '1' },
    });
    expect(await server.exited).toBe(4);
    expect(server.of('broken')[0]?.reason).toContain(
      'another server of the app asks for port 3995 of host 127.0.0.1, and tshorn has bound 127.0.0.1:3995 for',
    );
  });

  test('a port that no server asks for is refused, with those that are asked for', async () => {
    const server = new TestServer(METRICS_FIRST, { args: ['--app-port', '4000'] });
    expect(await server.exited).toBe(4);
    expect(server.of('broken')[0]?.reason).toContain(
      'does not listen on port 4000 (--app-port): its HTTP servers ask for 9464, 3999',
    );
  });

  test.each(cases(['300', '1500'], (ms) => ms === '1500'))(
    'the own server of an exported app that listens after %s ms is served, upgrades and settings too',
    async (LATE) => {
      const server = await startServer(fixture('exported-and-late.cjs'), { env: { LATE } });
      await server.until('the callback', () => server.output.includes(`listens on ${server.port}`));
      const socket = (await RawClient.open(server)).get('/', 'Connection: upgrade\r\nUpgrade: echo\r\n');
      await socket.until(/^HTTP\/1.1 101/);
      socket.destroy();
      expect(await bodyOf(server)).toBe('the app, 7');
      expect([twoServers(server), server.of('also-listening')]).toEqual([[], []]);
    },
  );

  test('the exported one is the app, whichever listens; APP:default confirms it', async () => {
    const server = await startServer(fixture('metrics-and-export.mjs'));
    expect(await bodyOf(server)).toBe('app');
    expect(twoServers(server)).toEqual([
      ['the exported app', 'the one that asked for port 9464', 'APP:default'],
    ]);
    await server.end();
    const confirmed = await startServer(`${fixture('metrics-and-export.mjs')}:default`);
    expect([await bodyOf(confirmed), twoServers(confirmed)]).toEqual(['app', []]);
  });

  thorough('ports that are opened to find a free one are neither served nor logged', async () => {
    const server = await startServer(fixture('looks-for-ports.mjs'));
    expect(await bodyOf(server)).toBe('app');
    expect([server.of('also-listening'), twoServers(server)]).toEqual([[], []]);
  });
});

describe('an app that becomes ready behind its own listen()', () => {
  const app = fixture('ready-after-listening.mjs');

  brief('starts where its requests wait', async () => {
    const server = await startServer(app, { args: ['--status-path', '/waits', '--probe-attempts', '1'] });
    expect((await ask({ port: server.port }, { path: '/' })).body).toBe('ready');
  });

  thorough('with a status path that means something is reloaded without a 404', async () => {
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
