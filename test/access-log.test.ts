/** The access log over a reload: each request has one line, whatever its client sends. */
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { ask } from './support/load.ts';
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
  readonly target: string;
  readonly status: number;
  readonly generation: number;
  readonly release?: string;
  readonly moved?: true;
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

test('every request has one line, over a reload and a rotation, with the release that answered it', async () => {
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
  await server.until('log file reopened', () => server.lines.some(({ msg }) => msg === 'log file reopened'));
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
});

test('nothing that a client sends makes a second line', async () => {
  const server = await start();
  const forged =
    'GET /a"b%0a\\ HTTP/1.1\r\nHost: x\r\nUser-Agent: "},{"status":1\\\r\nConnection: close\r\n\r\n';
  const client = await RawClient.open(server);
  expect(await client.send(forged).ended()).toBe('end');
  const broken = await RawClient.open(server);
  expect(await broken.send('GET /broken HTTP/1.1\nno header\r\n\r\n').ended()).toBe('end');
  await stop(server);
  const lines = linesIn(file);
  expect(lines.map(({ status, target }) => [status, target]).sort()).toEqual([
    [200, '/a"b%0a\\'],
    [400, expect.any(String)],
  ]);
  expect(lines.find(({ status }) => status === 200)).toMatchObject({ userAgent: '"},{"status":1\\' });
});
