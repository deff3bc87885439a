import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WebSocket } from 'ws';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { fixture, startServer, TestServer } from './support/server.ts';

let statusFile: string;
ownDirectory();
beforeEach(() => {
  statusFile = path.join(directory, 'status');
});

const QUICK = ['--probe-attempts', '2', '--probe-interval', '10ms'];
const APP = fixture('status-from-file.mjs');
const withStatus = (args: string[] = [], workers = 1) => ({
  workers,
  args: [...QUICK, ...args],
  env: { STATUS_FILE: statusFile },
});

const reasonOf = async (server: TestServer): Promise<string> => String((await server.event('broken')).reason);

describe('before a worker is admitted it asks its own app', () => {
  test.each(cases(['301', '401', '404'], (status) => status === '404'))(
    '%s at the default path admits, with one line for all workers of a generation',
    async (status) => {
      writeFileSync(statusFile, status);
      const server = await startServer(APP, withStatus([], 2));
      const aliveLines = () => server.lines.filter(({ msg }) => msg.includes(`/_status answered ${status}`));
      expect(aliveLines().map(({ level, msg }) => `${level} ${msg}`)).toEqual([
        expect.stringMatching(
          /^30 booted worker=.*: alive, .* no --status-path is set; .* has to answer 2xx$/,
        ),
      ]);
      expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
      expect(aliveLines().map(({ gen }) => gen)).toEqual([1, 2]);
    },
  );

  test.each([
    ['on-a-port', '426 Upgrade Required'],
    ['on-a-server', 'the server has no listener for requests'],
  ])('an app that speaks only WebSockets is admitted: %s', async (how, why) => {
    const server = await startServer(fixture('speaks-only-websockets.mjs'), { env: { HOW: how } });
    expect(server.lines.filter(({ msg }) => msg.includes(`${why}: alive, as no --status-path`))).toHaveLength(
      1,
    );
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}`);
    await once(ws, 'open');
    ws.terminate();
  });

  test('404 at a path that somebody chose is broken, and the first line and the last name the way out', async () => {
    writeFileSync(statusFile, '404');
    const server = new TestServer(APP, withStatus(['--status-path', '/_status', '--boot-timeout', '8s']));
    const words =
      '/_status answered 404 Not Found; a chosen path has to answer 2xx: choose another by --status-path';
    expect(await reasonOf(server)).toContain(words);
    expect(String((await server.event('stopping')).msg)).toContain(words);
    expect(await server.exited).toBe(3);
    expect(server.of('ready')).toEqual([]);
  });

  thorough('a chosen path that the app knows only after it listens is asked again', async () => {
    const args = ['--status-path', '/health', '--probe-interval', '10ms'];
    const server = await startServer(fixture('knows-its-routes-late.mjs'), { args });
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(server.of('broken')).toEqual([]);
  });

  thorough('a chosen path is asked with the headers that somebody gave', async () => {
    const args = ['--status-path', '/?query=%7B__typename%7D', '--status-header', 'X-Preflight: yes, please'];
    const server = await startServer(fixture('wants-a-header.mjs'), { args });
    expect(server.lines.filter(({ event }) => ['booted', 'broken'].includes(String(event)))).toEqual([]);
  });

  test('500 is broken after the last attempt, with what the app says', async () => {
    writeFileSync(statusFile, '500');
    const server = new TestServer(APP, {
      ...withStatus(['--status-path', '/_status']),
      env: { STATUS_FILE: statusFile, STATUS_BODY: '{"database":\n"away"}' },
    });
    expect(await reasonOf(server)).toBe('/_status answered 500 Internal Server Error: {"database": "away"}');
    expect(server.of('ready')).toEqual([]);
  });

  test('an app that never answers is broken when its attempts have had their time', async () => {
    const args = [...QUICK, '--probe-timeout', '300ms'];
    const server = new TestServer(fixture('never-answers-status.mjs'), { args });
    expect(await reasonOf(server)).toBe(
      '/_status: no answer within 0.3 s; /_status is only the default: --status-path PATH asks for another, --no-status-path for none',
    );
    const [spawned, broken] = [server.of('spawned')[0], server.of('broken')[0]];
    expect((broken?.time ?? 0) - (spawned?.time ?? 0)).toBeGreaterThanOrEqual(600);
  });

  thorough('a start whose time is over while the app is being probed names the probe', async () => {
    const server = new TestServer(fixture('never-answers-status.mjs'), { args: ['--boot-timeout', '8s'] });
    expect(String((await server.event('stopping')).msg)).toMatch(
      /no worker became ready within --boot-timeout: \/_status: no answer yet; .* --no-status-path for none$/,
    );
    expect(await server.exited).toBe(3);
  });

  test('a postWorkerInit that throws is broken, by its name', async () => {
    const config = path.join(directory, 'tshorn.config.mjs');
    writeFileSync(
      config,
      'export default { hooks: { postWorkerInit() { throw new Error("no migrations"); } } };',
    );
    const server = new TestServer(APP, withStatus(['--config', config]));
    expect(await reasonOf(server)).toBe('postWorkerInit: Error: no migrations');
    expect(server.of('ready')).toEqual([]);
  });

  test('the probe goes through the middleware of the app', async () => {
    const server = await startServer(fixture('status-behind-middleware.mjs'));
    await server.until('the middleware', () => server.output.includes('middleware saw'));
    expect(server.output).toContain('saw GET /_status 127.0.0.1 localhost tshorn-probe');
    expect(server.lines.filter(({ msg }) => msg.includes('(404)'))).toEqual([]);
  });

  thorough('the first start keeps trying, and serves when the status becomes 200', async () => {
    writeFileSync(statusFile, '503');
    const server = new TestServer(APP, withStatus(['--boot-timeout', '20s']));
    await server.event('broken', { count: 2 });
    rmSync(statusFile);
    await server.started();
    expect((await ask({ port: server.port }, { path: '/' })).body).toBe('hello');
  });
});

describe('a status that fails later', () => {
  brief('a crashed worker of a release that has served comes back, with a warning', async () => {
    const server = await startServer(APP, withStatus());
    const [pid] = server.readyPids;
    writeFileSync(statusFile, '500');
    process.kill(pid as number, 'SIGKILL');
    await server.event('ready', { count: 2 });
    const warning = server.lines.find(({ msg }) => msg.includes('admitted although its probe failed'));
    expect(warning?.msg).toContain('/_status answered 500');
    expect((await ask({ port: server.port }, { path: '/' })).body).toBe('hello');
  });

  brief('a reload is given up, and the same workers serve', async () => {
    const server = await startServer(APP, withStatus([], 2));
    const before = server.readyPids;
    writeFileSync(statusFile, '500');
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'rolled-back', replaced: 0 });
    expect(verdict.reason).toContain('/_status answered 500');
    expect(server.readyPids).toEqual(before);
    rmSync(statusFile);
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
  });
});

describe('--status-transport udp', () => {
  /** The port that the master listens on for its workers' datagrams. */
  const statusPort = (server: TestServer): number => {
    const sockets = execFileSync('ss', ['-Hlunp'], { encoding: 'utf8' }).split('\n');
    const own = sockets.find((line) => line.includes(`pid=${server.pid},`));
    return Number(/127\.0\.0\.1:(\d+)/.exec(own ?? '')?.[1]);
  };

  brief('admits a worker whose datagram says so, over reloads', async () => {
    const server = await startServer(APP, withStatus(['--status-transport', 'udp'], 2));
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
    expect(server.of('forged-status')).toEqual([]);
  });

  (hasSs() ? test : test.skip)('a forged datagram is told, and admits nobody', async () => {
    writeFileSync(statusFile, '500');
    const server = new TestServer(APP, withStatus(['--status-transport', 'udp']));
    await server.event('spawned');
    const port = statusPort(server);
    const forger = createSocket('udp4');
    const forged = [
      '200 OK\n',
      '',
      'x {"verdict":"ok","tookMs":1}',
      '\0\xff'.repeat(500),
      `${'a'.repeat(32)} {}`,
    ];
    const flood = setInterval(() => {
      for (const datagram of forged) forger.send(datagram, port, '127.0.0.1');
    }, 5);
    await server.event('forged-status');
    await server.event('broken', { count: 3 });
    clearInterval(flood);
    forger.close();
    expect(server.of('forged-status')[0]?.msg).toContain("without a worker's secret from 127.0.0.1:");
    expect(server.of('ready')).toEqual([]);
    rmSync(statusFile);
    await server.started();
  });
});

brief('--notify announces who is in service and who is broken', async () => {
  const listener = createSocket('udp4').bind(0, '127.0.0.1');
  await once(listener, 'listening');
  const heard: string[] = [];
  listener.on('message', (datagram) => heard.push(datagram.toString()));
  try {
    const target = `udp://127.0.0.1:${listener.address().port}`;
    const server = await startServer(APP, withStatus(['--notify', target], 2));
    writeFileSync(statusFile, '500');
    await server.reload();
    while (heard.length < 3) await once(listener, 'message');
    expect(heard).toEqual([
      '200 OK\n',
      '200 OK\n',
      expect.stringMatching(/^503 BROKEN \/_status answered 500 Internal Server Error; .*\n$/),
    ]);
  } finally {
    listener.close();
  }
});

function hasSs(): boolean {
  try {
    execFileSync('ss', ['-V']);
    return true;
  } catch {
    return false;
  }
}
