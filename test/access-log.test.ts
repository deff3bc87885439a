/** The access log: each request has one line, over a reload, whatever its client sends and however it ends. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { ask } from './support/load.ts';
import { brief, thorough, times } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-access-'));
  file = path.join(directory, 'access.log');
});
afterEach(async () => {
  await endServers();
  rmSync(directory, { recursive: true, force: true });
});

const start = (...args: string[]): Promise<TestServer> =>
  startServer(fixture('says-hello.mjs'), {
    workers: 2,
    args: ['--access-log', file, '--access-log-format', 'json', ...args],
  });

interface Line {
  readonly id: string;
  /** Absent where the request line could not be read. */
  readonly target?: string;
  readonly status: number;
  readonly generation: number;
  readonly release?: string;
  readonly moved?: true;
  readonly bytes?: number;
  readonly durationMs?: number;
  readonly firstByteMs?: number;
}

/** Every line is an object of its own, or this throws. */
const linesIn = (name: string): Line[] =>
  readFileSync(name, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** A worker writes what it has before it ends. */
async function stop(server: TestServer): Promise<void> {
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
}

brief(
  'every request has one line, over a reload and a rotation, with the release that answered it',
  async () => {
    const server = await start('--release', 'v1');
    const { port } = server;
    const client = await KeepAliveClient.connect({ port });
    const get = (id: number) =>
      ask({ port }, { path: `/${id}`, agent: false, headers: { 'x-request-id': `r-${id}` } });
    const kept = () => client.ask(['GET /kept HTTP/1.1\r\nHost: x\r\nX-Request-Id: kept\r\n\r\n'], /hello/);
    await kept();
    await Promise.all(Array.from({ length: 20 }, (_, id) => get(id)));
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await server.until('the old workers are gone', () => server.of('exited').length === 2);
    const rotated = `${file}.1`;
    renameSync(file, rotated);
    server.signal('SIGUSR1');
    expect(await server.event('log-reopened')).toMatchObject({ file });
    await kept();
    await Promise.all(Array.from({ length: 20 }, (_, id) => get(20 + id)));
    client.leave();
    await stop(server);
    const [before, after] = [linesIn(rotated), linesIn(file)];
    const ids = (lines: readonly Line[]) => lines.map(({ id }) => id).sort();
    const all = Array.from({ length: 40 }, (_, id) => `r-${id}`);
    expect(ids([...before, ...after])).toEqual([...all, 'kept', 'kept'].sort());
    expect(before.filter(({ generation }) => generation === 1)).toHaveLength(21);
    expect([...before, ...after].every(({ release }) => release === 'v1')).toBe(true);
    const moved = [...before, ...after].filter(({ id, generation }) => id === 'kept' && generation === 2);
    expect(moved).toMatchObject([{ moved: true }]);
  },
);

brief('nothing that a client sends makes a second line', async () => {
  const server = await start('--node-options', '--max-http-header-size=200000');
  const end = 'Connection: close\r\n';
  const requests = [
    ['/a"b%0a\\', 'User-Agent: "},{"status":1\\\r\n'],
    ['/%0d%0a{"status":200}', `X-Request-Id: ${'i'.repeat(65)}\r\nReferer: caf\u00e9 \u0085\r\n`],
    [`/${'x'.repeat(100_000)}`, `User-Agent: ${'"'.repeat(20_000)}\r\n`],
    [`/${'y'.repeat(300_000)}`, ''],
  ] as const;
  for (const [target, headers] of requests) {
    const client = await RawClient.open(server);
    expect(await client.get(target, headers + end).ended()).toMatch(/end|ECONNRESET/);
  }
  const broken = await RawClient.open(server);
  expect(await broken.send('GET /broken HTTP/1.1\nno header\r\n\r\n').ended()).toBe('end');
  await stop(server);
  const lines = linesIn(file);
  expect(lines.map(({ status }) => status).sort()).toEqual([200, 200, 200, 400, 431]);
  const targets = lines.filter(({ status }) => status === 200).map(({ target }) => target);
  expect(targets.sort()).toEqual([requests[1][0], requests[0][0], `/${'x'.repeat(4_095)}...`].sort());
  expect(lines.find(({ target }) => target?.startsWith('/a'))).toMatchObject({
    userAgent: '"},{"status":1\\',
  });
});

const MOVES = times('ACCESS_LOG_MOVES', 1, 3);

describe('what moves has the begin, the bytes and the id that it had from its first worker on', () => {
  const ARGS = () => ['--access-log', file, '--access-log-format', 'json'];

  thorough('an event stream', async () => {
    const server = await startServer(fixture('survives-streams.mjs'), { args: ARGS(), env: { MS: '20' } });
    const client = (await RawClient.open(server)).get('/events');
    await client.until(/id: 2\n/);
    const begin = performance.now();
    for (let move = 1; move <= MOVES; move++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      await client.until(new RegExp(`data: \\d+ ${move + 1}\\n`));
    }
    const atLeast = performance.now() - begin;
    await stop(server);
    expect(await client.ended()).toBe('end');
    const [line, ...others] = linesIn(file);
    expect(others).toEqual([]);
    const bytes = client.text.length - (client.text.indexOf('\r\n\r\n') + 4);
    expect(line).toMatchObject({ target: '/events', status: 200, generation: MOVES + 1, moved: true, bytes });
    expect(line?.durationMs).toBeGreaterThan(atLeast);
    expect(line?.firstByteMs).toBeLessThan((line?.durationMs ?? 0) - atLeast);
  });

  thorough('a WebSocket', async () => {
    const server = await startServer(fixture('survives-websockets.mjs'), { args: ARGS() });
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    let head = '';
    client.once('upgrade', ({ rawHeaders, statusCode, statusMessage, socket }) => {
      head = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${rawHeaders.join('xx')}\r\n\r\n`;
      socket.once('close', () => {
        head = `${socket.bytesRead - head.length}`;
      });
    });
    await once(client, 'open');
    const echo = async () => {
      client.send('x'.repeat(1_000));
      await once(client, 'message');
    };
    await echo();
    const begin = performance.now();
    for (let move = 1; move <= MOVES; move++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      await server.until('it has moved', () => server.of('exited').length === move);
      await echo();
    }
    const atLeast = performance.now() - begin;
    const ended = once(client, 'close');
    client.close();
    await ended;
    await stop(server);
    const lines = linesIn(file);
    expect(lines).toMatchObject([{ status: 101, moved: true, bytes: Number(head) }]);
    expect(lines[0]?.durationMs).toBeGreaterThan(atLeast);
  });
});

describe('a request has one id in both logs', () => {
  const begin = () =>
    startServer(fixture('fails-in-many-ways.mjs'), {
      workers: 1,
      args: [
        '--access-log',
        file,
        '--access-log-format',
        'json',
        '--request-timeout',
        '100ms',
        '--timeout',
        '2s',
      ],
      env: { JOURNAL: path.join(directory, 'journal') },
    });

  brief('that is slow, and whose client leaves', async () => {
    const server = await begin();
    const client = await RawClient.open(server);
    client.get('/slow?ms=60000');
    const { id } = await server.event('slow-request');
    client.destroy();
    await stop(server);
    expect(linesIn(file)).toMatchObject([{ id, status: 499, closed: 'client' }]);
  });

  brief('that crashes its worker', async () => {
    const server = await begin();
    const answer = await ask({ port: server.port }, { path: '/crash?in=timer', agent: false });
    const crashed = await server.event('crashed');
    const contained = await server.event('contained');
    await stop(server);
    const [line, ...others] = linesIn(file);
    const id = line?.id;
    expect(id).toMatch(/./);
    expect([line?.status, answer.status, answer.headers['x-request-id'], others]).toEqual([500, 500, id, []]);
    const request = { method: 'GET', path: '/crash', id };
    expect([crashed, contained]).toMatchObject([request, { ...request, request: `GET /crash (id=${id})` }]);
  });

  thorough('that hangs', async () => {
    const server = await begin();
    const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    await ask({ port: server.port }, { path: '/hang?in=timer', agent: false, headers });
    const { requests } = await server.event('hung');
    await server.event('contained');
    await stop(server);
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(requests).toMatchObject([{ path: '/hang', id }]);
    expect(linesIn(file)).toMatchObject([{ id, status: 503 }]);
  });
});
