import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pollUntil } from './support/eventually.ts';
import { run } from './support/run.ts';
import { endServers, fixture, startServer, TestServer } from './support/server.ts';

let directory: string;
let file: string;
let other: ChildProcess | undefined;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  file = path.join(directory, 'tshorn.pid');
});
afterEach(async () => {
  await endServers();
  other?.kill();
  other = undefined;
  fs.rmSync(directory, { recursive: true });
});

const args = () => ['--pid-file', file];
const start = () => startServer(fixture('mixed.mjs'), { args: args() });
const read = () => fs.readFileSync(file, 'utf8');

test('it names the master from the start to the stop, and nobody else can write to it', async () => {
  const server = await start();
  expect(read()).toBe(`${server.pid}\n`);
  expect(fs.statSync(file).mode & 0o777 & ~0o644).toBe(0);
  expect(fs.readdirSync(directory)).toEqual(['tshorn.pid']);
  await server.stop();
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('tshorn reload finds the master by it', async () => {
  await start();
  const { code, text } = await run(['reload', '--pid-file', file]);
  expect(text).toContain('committed');
  expect(code).toBe(0);
});

test('a live master keeps its file: a second one is refused, and told what to do', async () => {
  const server = await start();
  const second = new TestServer(fixture('mixed.mjs'), { args: args() });
  expect(await second.exited).toBe(2);
  expect(second.output).toContain(`${file} names a live master, pid ${server.pid}`);
  expect(second.output).toContain(`tshorn stop ${server.pid}`);
  expect(read()).toBe(`${server.pid}\n`);
});

test('what a killed master has left is overwritten', async () => {
  const first = await start();
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  expect(read()).toBe(`${first.pid}\n`);
  const second = await start();
  expect((await second.event('stale-pid-file')).msg).toContain(`its pid ${first.pid} does not exist`);
  expect(read()).toBe(`${second.pid}\n`);
});

const onLinux = fs.existsSync('/proc/self/stat') ? test : test.skip;

onLinux('a pid that is another program by now is no master', async () => {
  other = spawn('sleep', ['60']);
  fs.writeFileSync(file, `${other.pid}\n`);
  const server = await start();
  expect((await server.event('stale-pid-file')).msg).toContain("another program's");
});

onLinux('a pid that has been given again to a younger tshorn is not the master of the file', async () => {
  const neighbour = await startServer(fixture('mixed.mjs'));
  fs.writeFileSync(file, `${neighbour.pid}\n`);
  // As if before a reboot.
  fs.utimesSync(file, 1_000_000_000, 1_000_000_000);
  const server = await start();
  expect((await server.event('stale-pid-file')).msg).toContain("another program's");
  expect(read()).toBe(`${server.pid}\n`);
});

test('a file that holds something else is not touched', async () => {
  fs.writeFileSync(file, 'export default () => {};\n');
  const server = new TestServer(fixture('mixed.mjs'), { args: args() });
  expect(await server.exited).toBe(2);
  expect(server.output).toContain('exists and holds no pid');
  expect(read()).toBe('export default () => {};\n');
});

test('a directory that is not there is said at the start', async () => {
  const missing = path.join(directory, 'none', 'tshorn.pid');
  const server = new TestServer(fixture('mixed.mjs'), { args: ['--pid-file', missing] });
  expect(await server.exited).toBe(2);
  expect(server.output).toContain(`cannot write ${missing}`);
});

test('one that names another master by now is not removed', async () => {
  const server = await start();
  fs.writeFileSync(file, '1\n');
  await server.stop();
  expect(read()).toBe('1\n');
});

test('a program that calls start() has one too, and no re-exec', async () => {
  other = spawn(process.execPath, [fixture('is-a-program.mjs'), fixture('mixed.mjs'), file]);
  let told = '';
  const says = (words: string) => pollUntil(() => told.includes(words));
  other.stderr?.on('data', (chunk) => {
    told += chunk;
  });
  await says('"started"');
  expect(read()).toBe(`${other.pid}\n`);
  other.kill('SIGUSR2');
  await says('re-exec by SIGUSR2 refused: this master is part of a program');
  other.kill('SIGTERM');
  await once(other, 'exit');
  expect(fs.existsSync(file)).toBe(false);
});
