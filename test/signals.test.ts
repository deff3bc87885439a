import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pollUntil } from './support/eventually.ts';
import { ask, MixedLoad } from './support/load.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, TestServer } from './support/server.ts';

afterEach(endServers);

const start = (workers: number, ...args: string[]) => startServer(fixture('mixed.mjs'), { workers, args });
const answers = async ({ port }: TestServer) => expect((await ask({ port }, { path: '/' })).status).toBe(200);

test('TTIN and TTOU change the number of workers under load, and no request fails', async () => {
  const server = await start(2);
  const load = new MixedLoad({ port: server.port }).start();
  // One after the other: the kernel delivers two pending signals of a kind as one.
  for (let count = 1; count <= 2; count++) {
    server.signal('SIGTTIN');
    await server.event('resized', { count });
  }
  expect(server.readyPids).toHaveLength(4);
  for (let count = 3; count <= 5; count++) {
    server.signal('SIGTTOU');
    await server.event('resized', { count });
  }
  await server.event('exited', { count: 3 });
  await load.flow(100);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(server.readyPids).toHaveLength(1);
});

test('the last worker is not taken away by TTOU', async () => {
  const server = await start(1);
  server.signal('SIGTTOU');
  await server.until('the refusal', () => server.lines.some(({ msg }) => msg.includes('the minimum is 1')));
  await answers(server);
});

test('TERM to a worker starts its replacement first, and fails no request', async () => {
  const server = await start(2);
  const load = new MixedLoad({ port: server.port }).start();
  await load.flow(50);
  const from = server.lines.length;
  const [first] = server.readyPids as [number];
  process.kill(first, 'SIGTERM');
  await server.until('the worker to be gone', () =>
    server.of('exited', from).some(({ pid }) => pid === first),
  );
  expect(server.leastReady(from)).toBe(2);
  await load.flow(50);
  await load.stop();
  expect(load.failures).toEqual([]);
});

test('HUP, USR2, INT or QUIT to a worker does nothing', async () => {
  const server = await start(1);
  const [pid] = server.readyPids as [number];
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGINT', 'SIGQUIT'] as const) {
    process.kill(pid, signal);
    // An answer of that very worker, after the signal: it has run past it.
    await answers(server);
    expect({ signal, pids: server.readyPids }).toEqual({ signal, pids: [pid] });
    expect(server.of('draining')).toEqual([]);
  }
});

test('WINCH leaves the master as it is', async () => {
  const server = await start(1);
  server.signal('SIGWINCH');
  await answers(server);
});

test('USR1 reopens the log file after a rotation', async () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  const file = path.join(directory, 'tshorn.log');
  const read = (name: string) => (fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : '');
  const server = new TestServer(fixture('mixed.mjs'), { args: ['--log-file', file] });
  await pollUntil(() => read(file).includes('"started"'));
  fs.renameSync(file, `${file}.1`);
  server.signal('SIGUSR1');
  await pollUntil(() => read(file).includes('reopened'));
  await server.stop();
  expect(read(file)).toContain('"stopped"');
  expect(read(`${file}.1`)).not.toContain('"stopped"');
  fs.rmSync(directory, { recursive: true });
});

test('TERM answers what is in flight and ends with exit code 0', async () => {
  const server = await start(2);
  const slow = ask({ port: server.port }, { path: '/slow?ms=1000' });
  const client = await RawClient.open({ port: server.port });
  await client.get('/').answers(0, '200 OK');
  const stopped = server.stop('SIGTERM');
  expect((await slow).body).toBe('slow');
  expect(await stopped).toBe(0);
});

test('INT is quick: it cuts what takes longer, and a second one ends at once', async () => {
  const server = await start(2, '--quick-grace', '60s');
  const client = await RawClient.open({ port: server.port });
  client.get('/slow?ms=60000');
  await answers(server);
  server.signal('SIGINT');
  await server.event('draining');
  server.signal('SIGINT');
  expect(await server.exited).toBe(0);
  expect(server.of('exited').some(({ msg }) => msg.includes('SIGKILL'))).toBe(true);
});

test('Ctrl-C, which reaches the workers as well, ends in the same orderly stop', async () => {
  const server = await start(2);
  const slow = ask({ port: server.port }, { path: '/slow?ms=500' });
  await answers(server);
  for (const pid of server.readyPids) process.kill(pid, 'SIGINT');
  expect(await server.stop('SIGINT')).toBe(0);
  expect((await slow).body).toBe('slow');
  expect(server.of('crashed')).toEqual([]);
});

test('TERM in the middle of the first start ends it', async () => {
  const server = new TestServer(fixture('mixed.mjs'), { workers: 2, env: { BOOT_MS: '60000' } });
  await server.event('spawned', { count: 2 });
  expect(await server.stop('SIGTERM')).toBe(0);
});

test("a script's own SIGTERM listener runs after its last request, and its exit ends the worker", async () => {
  const server = await startServer(fixture('has-own-sigterm.cjs'), { args: [] });
  const slow = ask({ port: server.port }, { path: '/slow' });
  await server.until('the request to arrive', () => server.output.includes('asked'));
  const verdict = server.reload();
  expect((await slow).body).toBe('slow');
  expect(await verdict).toMatchObject({ outcome: 'committed' });
  await server.until('the clean-up', () => server.output.includes('asked\nanswered\ncleaned up'));
});

test('an app that cleans up on SIGTERM and does not exit by itself leaves when it is done', async () => {
  const server = await startServer(fixture('cleans-up.mjs'));
  const begin = performance.now();
  expect(await server.stop('SIGTERM')).toBe(0);
  expect(server.output).toBe('cleaned up\n');
  // Less than the grace period of an orphan, which it is while it cleans up.
  expect(performance.now() - begin).toBeLessThan(8_000);
});

test('the children of the master are its workers and nothing else', async () => {
  const server = await start(3);
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
  expect(children.trim().split(/\s+/).map(Number).sort()).toEqual([...server.readyPids].sort());
});
