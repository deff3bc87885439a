/** A real HAProxy before two servers: no request fails while one of them reloads, leaves, comes back and stops. */
import fs from 'node:fs';
import path from 'node:path';
import { Command } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { HAProxy, hasHAProxy } from './support/haproxy.ts';
import { ask, MixedLoad } from './support/load.ts';
import { isLong } from './support/long.ts';
import { fixture, root, startServer, type TestServer } from './support/server.ts';

const withHAProxy = isLong && hasHAProxy ? test : test.skip;

ownDirectory();
let proxy: HAProxy | undefined;
afterEach(() => proxy?.end());

const controlOf = (name: string) => path.join(directory, `${name}.control`);

const start = (app: string, name: string, workers = 2): Promise<TestServer> =>
  startServer(app, {
    workers,
    args: [
      ...['--admin', '127.0.0.1:0', '--agent', '127.0.0.1:0', '--control', controlOf(name)],
      ...['--stop-delay', '1m'],
    ],
  });

const portOf = (server: TestServer, kind: 'admin' | 'agent'): string =>
  String(server.of('admin-listening').find(({ listener }) => listener === kind)?.address).replace(/.*:/, '');

const tshorn = async (command: string, name: string): Promise<void> => {
  const { code, errors } = await new Command([command, '--control', controlOf(name)], {}).ended;
  expect([code, errors]).toEqual([0, '']);
};

const agentCheck = (server: TestServer): string =>
  `check inter 50ms agent-check agent-inter 50ms agent-addr 127.0.0.1 agent-port ${portOf(server, 'agent')}`;

interface Way {
  readonly way: string;
  /** The status of a server that leaves. */
  readonly left: string;
  readonly options: readonly string[];
  checkOf(server: TestServer): string;
}

const WAYS: readonly Way[] = [
  { way: 'agent-check', left: 'DRAIN', options: [], checkOf: agentCheck },
  {
    way: 'httpchk of /ready',
    left: 'DOWN',
    options: ['option httpchk GET /ready'],
    checkOf: (server) => `check inter 50ms fall 1 rise 1 port ${portOf(server, 'admin')}`,
  },
  {
    way: 'httpchk of the status path',
    left: 'DOWN',
    options: ['option httpchk GET /_status'],
    checkOf: () => 'check inter 50ms fall 1 rise 1',
  },
];

withHAProxy.each(WAYS)(
  'no request fails with $way during reload, leave, stay and stop',
  async ({ left, options, checkOf }) => {
    const app = fixture('mixed.mjs');
    const [a, b] = await Promise.all([start(app, 'a'), start(app, 'b', 1)]);
    proxy = await HAProxy.start(directory, [
      ...options,
      ...Object.entries({ a, b }).map(
        ([name, server]) => `server ${name} 127.0.0.1:${server.port} ${checkOf(server)}`,
      ),
    ]);
    await proxy.sees('a', 'UP');
    await proxy.sees('b', 'UP');
    const load = new MixedLoad({ socketPath: proxy.frontend }).start();
    await load.flow(100);

    expect(await a.reload()).toMatchObject({ outcome: 'committed' });
    await load.flow(50);
    expect(await proxy.server('a')).toMatchObject({ chkfail: '0', chkdown: '0' });

    await tshorn('leave', 'a');
    await proxy.sees('a', left);
    await load.flow(50);
    expect(await a.reload()).toMatchObject({ outcome: 'committed' });
    expect((await proxy.server('a')).status).toContain(left);
    await tshorn('stay', 'a');
    const before = Number((await proxy.sees('a', 'UP')).stot);
    await proxy.until('requests for a server that stays', async () => {
      return Number((await proxy?.server('a'))?.stot) > before;
    });

    a.signal('SIGTERM');
    await proxy.sees('a', left);
    // The second one ends --stop-delay.
    a.signal('SIGTERM');
    expect(await a.exited).toBe(0);
    await proxy.sees('a', 'DOWN');
    await load.flow(100);
    await load.stop();
    expect(load.failures).toEqual([]);
  },
);

/** The line that docs/admin.md prints, with the ports of this server. */
function documentedLine(server: TestServer): string {
  const page = fs.readFileSync(path.join(root, 'docs/admin.md'), 'utf8');
  const line = /^ {6}(server a .* agent-check .*)$/m.exec(page)?.[1] ?? '';
  expect(line).toMatch(/^server a 10\.0\.0\.5:8000 .* agent-port 9465 agent-inter 1s$/);
  return line
    .replace('10.0.0.5:8000', `127.0.0.1:${server.port}`)
    .replace('9465', portOf(server, 'agent'))
    .replace('agent-inter 1s', 'agent-inter 50ms');
}

withHAProxy(
  'with the line of the page, a server that lacks one worker gets requests all the same',
  async () => {
    const [app, gone] = ['app.mjs', 'gone'].map((name) => path.join(directory, name)) as [string, string];
    fs.copyFileSync(fixture('says-hello.mjs'), app);
    const server = await start(app, 'a', 3);
    proxy = await HAProxy.start(directory, [documentedLine(server)]);
    const { weight: whole } = await proxy.sees('a', 'UP');
    fs.renameSync(app, gone);
    process.kill(server.pidOf(2), 'SIGKILL');
    await proxy.until('the weight of two workers', async () => (await proxy?.server('a'))?.weight !== whole);

    const socketPath = proxy.frontend;
    const clients = Array.from({ length: 20 }, () => ask({ socketPath }, { path: '/', agent: false }));
    expect(new Set((await Promise.all(clients)).map(({ status }) => status))).toEqual(new Set([200]));
  },
);

withHAProxy('the weight follows the workers that are ready, and without any the server is down', async () => {
  const [app, gone] = ['app.mjs', 'gone'].map((name) => path.join(directory, name)) as [string, string];
  fs.copyFileSync(fixture('says-hello.mjs'), app);
  const server = await start(app, 'a');
  proxy = await HAProxy.start(directory, [
    `server a 127.0.0.1:${server.port} weight 100 ${agentCheck(server)}`,
  ]);
  const weighs = (weight: number) =>
    proxy?.until(`weight ${weight}`, async () => (await proxy?.server('a'))?.weight === String(weight));
  await weighs(100);

  fs.renameSync(app, gone);
  process.kill(server.pidOf(0), 'SIGKILL');
  await weighs(50);
  expect((await proxy.server('a')).status).toContain('UP');
  process.kill(server.pidOf(1), 'SIGKILL');
  expect(await proxy.sees('a', 'DOWN')).toMatchObject({ last_agt: expect.stringContaining('0 of 2') });
  fs.renameSync(gone, app);
  await proxy.sees('a', 'UP');
  await weighs(100);
});
