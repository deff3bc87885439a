import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { brief as test, thorough } from './support/long.ts';
import { startServer, TestServer } from './support/server.ts';

ownDirectory();
beforeEach(() => {
  for (const release of ['1', '2']) {
    fs.mkdirSync(path.join(directory, release));
    const app = `export default (request, response) => response.end(${JSON.stringify(`${release} in `)} + process.cwd());`;
    fs.writeFileSync(path.join(directory, release, 'app.mjs'), app);
  }
  link('1');
});

const current = () => path.join(directory, 'current');

/** Deploys like deploy tools: a new link, renamed over the old one. */
function link(release: string): void {
  fs.symlinkSync(path.join(directory, release), `${current()}.new`);
  fs.renameSync(`${current()}.new`, current());
}

const says = async ({ port }: TestServer) => (await ask({ port }, { path: '/' })).body;

test('a HUP follows a moved symbolic link, app and working directory', async () => {
  const server = await startServer('app.mjs', { cwd: current(), env: { PWD: current() } });
  expect(await says(server)).toBe(`1 in ${path.join(directory, '1')}`);
  link('2');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await says(server)).toBe(`2 in ${path.join(directory, '2')}`);
});

test('a crash before the HUP brings back the release that served, wherever the link points', async () => {
  const server = await startServer('app.mjs', { cwd: current(), env: { PWD: current() } });
  link('2');
  const from = server.lines.length;
  process.kill(server.readyPids[0] as number, 'SIGKILL');
  await server.event('ready', { from });
  expect(await says(server)).toBe(`1 in ${path.join(directory, '1')}`);
});

test('1, then 2, then a broken 3, then 2 again: a killed worker always comes back as what was committed', async () => {
  fs.mkdirSync(path.join(directory, '3'));
  fs.writeFileSync(
    path.join(directory, '3/app.mjs'),
    'await new Promise((r) => setTimeout(r, 300)); throw 3;',
  );
  const server = await startServer('app.mjs', { cwd: current(), env: { PWD: current() }, workers: 3 });
  const killOne = async (release: string) => {
    const from = server.lines.length;
    const pid = server.readyPids[0] as number;
    process.kill(pid, 'SIGKILL');
    await server.event('crashed', { from });
    await server.until('three workers', () => server.readyPids.length === 3);
    for (let at = 0; at < 10; at++)
      expect(await says(server)).toBe(`${release} in ${path.join(directory, release)}`);
  };
  await killOne('1');
  link('2');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await killOne('2');
  link('3');
  const from = server.lines.length;
  server.signal('SIGHUP');
  await server.event('spawned', { from });
  // While the broken one boots, an old one dies.
  process.kill(server.readyPids[2] as number, 'SIGKILL');
  expect(await server.event('reload-finished', { from })).toMatchObject({
    outcome: 'rolled-back',
    serving: 2,
  });
  await server.until('three workers', () => server.readyPids.length === 3);
  await killOne('2');
  link('2');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await killOne('2');
});

thorough(
  'a deploy that overwrites the running release is warned of when a worker starts from it',
  async () => {
    const server = await startServer('app.mjs', { cwd: current(), env: { PWD: current() }, workers: 2 });
    fs.appendFileSync(path.join(directory, '1/app.mjs'), '// changed');
    for (let crash = 0; crash < 2; crash++) {
      const from = server.lines.length;
      process.kill(server.readyPids[0] as number, 'SIGKILL');
      await server.event('ready', { from });
    }
    expect(server.of('overwritten')).toMatchObject([{ level: 40, generation: 1 }]);
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(server.of('overwritten')).toHaveLength(1);
  },
);

test('a release whose directory is deleted: that is said, the living serve on, and a reload mends it', async () => {
  const server = await startServer('app.mjs', { cwd: current(), env: { PWD: current() }, workers: 2 });
  fs.rmSync(path.join(directory, '1'), { recursive: true });
  const from = server.lines.length;
  process.kill(server.readyPids[0] as number, 'SIGKILL');
  const broken = await server.event('broken', { from });
  expect(broken.msg).toContain(
    `${path.join(directory, '1')} is gone, and this release cannot be started without it`,
  );
  expect(await says(server)).toContain('1 in');
  link('2');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await server.until('two workers', () => server.readyPids.length === 2);
  expect(await says(server)).toBe(`2 in ${path.join(directory, '2')}`);
});

test('a HUP that comes before the first worker exists waits, and becomes a reload', async () => {
  const config = path.join(directory, 'tshorn.config.mjs');
  fs.writeFileSync(
    config,
    `export default { hooks: { onStarting: ({ log }) => {
      const told = new Promise((resolve) => process.once('SIGWINCH', resolve));
      log.info('the hook runs');
      return told;
    } } };`,
  );
  const server = new TestServer(path.join(directory, '1/app.mjs'), { args: ['--config', config] });
  await server.until('the hook', () => server.lines.some(({ msg }) => msg === 'the hook runs'));
  server.signal('SIGHUP');
  server.signal('SIGWINCH');
  await server.event('reload-finished');
  expect(server.lines.flatMap(({ event, gen }) => (event === 'ready' ? [gen] : []))).toEqual([1, 2]);
});

thorough('an option that a reload cannot change keeps its value, and every reload says so', async () => {
  const file = path.join(directory, 'tshorn.config.json');
  const write = (config: object) =>
    fs.writeFileSync(file, JSON.stringify({ bind: '127.0.0.1:0', ...config }));
  write({});
  const server = new TestServer('app.mjs', { cwd: current(), bare: true, args: ['--config', file] });
  await server.started();
  write({ logFile: 'other.log', unixMode: '600', cwd: '2', workers: 2 });
  for (let reload = 1; reload <= 2; reload++) {
    const from = server.lines.length;
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(server.of('needs-restart', from)).toMatchObject([{ options: ['unixMode', 'logFile'] }]);
  }
  // The working directory and the number of workers follow.
  await server.until('two workers', () => server.readyPids.length === 2);
  expect(await says(server)).toBe(`2 in ${path.join(directory, '2')}`);
  write({ workers: 2 });
  const from = server.lines.length;
  await server.reload();
  expect(server.of('needs-restart', from)).toEqual([]);
});
