import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { freePort } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { INTERNAL_FRAME, run } from './support/run.ts';
import { fixture, startServer, TestServer } from './support/server.ts';

const HELLO = fixture('says-hello.mjs');
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

let socket: string;
ownDirectory();
beforeEach(() => {
  socket = path.join(directory, 'app.sock');
});

const hello = async (target: { port?: number; host?: string; socketPath?: string }): Promise<string> =>
  (await ask(target, { path: '/', agent: false })).body;

async function refused(bind: string, code: number, words: string | RegExp, uid?: number): Promise<void> {
  const args = [HELLO, '--workers', '1', '--bind', bind];
  const ended = await run(args, uid === undefined ? {} : { uid });
  expect(ended.text).toMatch(words);
  expect(ended.text).toMatch('fix: ');
  expect(ended.text).not.toMatch(INTERNAL_FRAME);
  expect(ended.code).toBe(code);
}

/** A socket file that nobody listens on, as a crash leaves it behind. */
function leaveStaleSocket(): void {
  const listenAndDie =
    'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
  spawnSync(process.execPath, ['-e', listenAndDie, socket]);
  expect(fs.statSync(socket).isSocket()).toBe(true);
}

describe('an address that cannot be had', () => {
  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    await refused(`127.0.0.1:${port}`, 5, `127.0.0.1:${port} is in use by another process`);
    other.close();
  });

  test('a port that two servers bind at the same moment goes to one of them', async () => {
    const port = await freePort();
    const twins = [0, 1].map(() => new TestServer(HELLO, { bind: `127.0.0.1:${port}` }));
    const loser = await Promise.race(twins.map((twin) => twin.exited.then(() => twin)));
    expect(await loser.exited).toBe(5);
    expect(loser.story).toMatch('in use');
    expect(loser.story).not.toMatch(INTERNAL_FRAME);
    await twins.find((twin) => twin !== loser)?.started();
    expect(await hello({ port })).toBe('hello');
  });

  test('a port in use gives the addresses before it back', async () => {
    const server = await startServer(HELLO);
    const args = [HELLO, '--bind', `unix:${socket}`, '--bind', `127.0.0.1:${server.port}`];
    expect((await run(args)).code).toBe(5);
    expect(fs.existsSync(socket)).toBe(false);
  });

  // Root may write anywhere and bind any port, and only root can become somebody else.
  (isRoot ? test : test.skip)('a directory and a port without permission', async () => {
    await refused(`unix:${socket}`, 6, 'choose a directory that this user may write to', NOBODY);
    fs.chmodSync(directory, 0o755);
    await refused(`unix:${socket}`, 6, `no permission for unix:${socket}`, NOBODY);
    await refused('127.0.0.1:80', 6, 'choose a port of 1024 or more', NOBODY);
  });

  test('a directory that is not there', async () => {
    await refused(`unix:${directory}/none/app.sock`, 7, `${directory}/none is no directory`);
  });

  test('a path that is a regular file, which is left untouched', async () => {
    fs.writeFileSync(socket, 'precious');
    await refused(`unix:${socket}`, 7, `${socket} exists and is not a socket`);
    expect(fs.readFileSync(socket, 'utf8')).toBe('precious');
  });

  test('a host that is not of this machine', async () => {
    await refused('192.0.2.1:8000', 7, 'EADDRNOTAVAIL');
    await refused('no-such-host.invalid:8000', 7, 'cannot be looked up');
  });

  test('a unix socket that somebody serves, who still serves', async () => {
    await startServer(HELLO, { bind: `unix:${socket}` });
    await refused(`unix:${socket}`, 5, `unix:${socket} is in use`);
    expect(await hello({ socketPath: socket })).toBe('hello');
  });
});

describe('a unix socket', () => {
  test('keeps its file and its mode over reloads, and is removed at the stop', async () => {
    const server = await startServer(HELLO, { bind: `unix:${socket}`, args: ['--unix-mode', '600'] });
    const { ino, mode } = fs.statSync(socket);
    expect((mode & 0o777).toString(8)).toBe('600');
    for (let reload = 0; reload < 2; reload++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      expect(fs.statSync(socket)).toMatchObject({ ino, mode });
      expect(await hello({ socketPath: socket })).toBe('hello');
    }
    expect(await server.stop()).toBe(0);
    expect(fs.existsSync(socket)).toBe(false);
  });

  test('keeps its file when the app removes it before listen() and in its clean-up', async () => {
    const server = await startServer(fixture('removes-its-socket.mjs'), {
      bind: `unix:${socket}`,
      env: { SOCKET: socket },
    });
    expect(await hello({ socketPath: socket })).toBe('hello');
    expect(server.of('worker-log').map(({ msg }) => msg)).toEqual([
      expect.stringContaining(`the app removes or renames ${socket}; the file stays`),
    ]);
    expect((fs.statSync(socket).mode & 0o777).toString(8)).toBe('666');
    const args = ['check', fixture('removes-its-socket.mjs'), '--bind', `unix:${socket}`];
    expect((await run(args, { env: { SOCKET: socket } })).code).toBe(0);
    expect(await hello({ socketPath: socket })).toBe('hello');
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await server.until('the clean-up', () => server.output.includes('cleaned up'));
    expect(await hello({ socketPath: socket })).toBe('hello');
    expect(await server.stop()).toBe(0);
    expect(server.output).not.toContain('ENOENT');
    expect(fs.existsSync(socket)).toBe(false);
  });

  test('that a crash has left behind is replaced', async () => {
    leaveStaleSocket();
    const server = await startServer(HELLO, { bind: `unix:${socket}` });
    expect(await hello({ socketPath: socket })).toBe('hello');
    expect((fs.statSync(socket).mode & 0o777).toString(8)).toBe('660');
    await server.stop();
  });

  test('that another server has taken over meanwhile is not removed at the stop', async () => {
    const server = await startServer(HELLO, { bind: `unix:${socket}` });
    fs.rmSync(socket);
    await startServer(HELLO, { bind: `unix:${socket}` });
    expect(await server.stop()).toBe(0);
    expect(await hello({ socketPath: socket })).toBe('hello');
  });
});

test('several addresses at once serve the same app, before and after a reload', async () => {
  const binds = ['127.0.0.1:0', `unix:${socket}`, ...(hasIPv6 ? ['[::1]:0'] : [])];
  const server = await startServer(HELLO, { bare: true, args: binds.flatMap((bind) => ['--bind', bind]) });
  const [first, , third] = server.of('listening') as { port?: number }[];
  const targets = [{ port: first?.port }, { socketPath: socket }];
  const all = third?.port ? [...targets, { host: '::1', port: third.port }] : targets;
  for (const target of all) expect(await hello(target as object)).toBe('hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  for (const target of all) expect(await hello(target as object)).toBe('hello');
});

test.each([
  ['127.0.0.1:18130', '127.0.0.1:18130'],
  ['0.0.0.0:18130', '127.0.0.1:18130'],
])('%s and %s at once are refused before anything starts', async (one, other) => {
  const server = new TestServer(fixture('says-hello.mjs'), { bind: one, args: ['--bind', other] });
  expect(await server.exited).toBe(7);
  expect(server.output).toContain('overlap');
  expect(server.of('spawned')).toEqual([]);
});
