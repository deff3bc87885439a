/** `--output-file`: what the workers print. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { eventually } from './support/eventually.ts';
import { ask } from './support/load.ts';
import { run } from './support/run.ts';
import { fixture, type ServerOptions, startServer, type TestServer } from './support/server.ts';

let file: string;
ownDirectory();
beforeEach(() => {
  file = path.join(directory, 'app.log');
});

const start = (output: string, options: ServerOptions = {}) =>
  startServer(fixture('prints.mjs'), { ...options, args: ['--output-file', output] });

/** Resolves with the pid of the worker that has answered. */
const printed = async ({ port }: TestServer, query: string) =>
  (await ask({ port }, { path: `/?${query}`, agent: false })).body;

const fileHas = (name: string, text: string) =>
  eventually(
    name,
    () => (fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : ''),
    (seen) => seen.includes(text),
  );

test('has both streams of every worker behind what it had, and nothing of the log', async () => {
  fs.writeFileSync(file, 'before\n');
  const server = await start(file);
  const pid = await printed(server, 'out=to-stdout&err=to-stderr');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const next = await printed(server, 'out=of-the-next');
  await server.stop();
  const lines = fs.readFileSync(file, 'utf8').split('\n').sort();
  expect(lines).toEqual(['', 'before', `of-the-next ${next}`, `to-stderr ${pid}`, `to-stdout ${pid}`].sort());
  expect(server.output).toBe('');
});

test('is opened again by USR1, for the workers that run and for later ones', async () => {
  const server = await start(file);
  await printed(server, 'out=first');
  await fileHas(file, 'first');
  fs.renameSync(file, `${file}.1`);
  const from = server.lines.length;
  server.signal('SIGUSR1');
  await server.until('the file to be opened', () =>
    server.lines.slice(from).some(({ msg }) => msg.includes('reopened')),
  );
  await printed(server, 'out=second&err=third');
  await server.reload();
  await printed(server, 'out=fourth');
  await server.stop();
  expect(fs.readFileSync(`${file}.1`, 'utf8')).toMatch(/^first \d+\n$/);
  expect(fs.readFileSync(file, 'utf8')).toMatch(/^(second \d+\nthird|third \d+\nsecond) \d+\nfourth \d+\n$/);
});

test('on a full disk costs lines, and neither a request nor a reload', async () => {
  const server = await start('/dev/full', { workers: 2 });
  for (let n = 0; n < 20; n++) await printed(server, 'out=lost&err=lost&times=100000');
  expect(await server.event('output-lost')).toMatchObject({ reason: 'ENOSPC' });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await printed(server, 'out=lost');
  expect(await server.stop()).toBe(0);
  expect(server.of('crashed')).toEqual([]);
});

test('has whole lines of two workers, of 150 KB each, on either stream', async () => {
  const server = await start(file, { workers: 2 });
  const query = 'out=worker&err=worker&times=150000';
  await Promise.all(Array.from({ length: 16 }, () => printed(server, query)));
  await server.stop();
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(32);
  for (const line of lines) expect(line).toMatch(/^worker \d+x{150000}$/);
});

test('that cannot be written is refused at the start, by its option', async () => {
  const { code, text } = await run([fixture('prints.mjs'), '--output-file', '/nowhere/at/all.log']);
  expect([code, text]).toEqual([2, expect.stringMatching('--output-file: cannot write /nowhere/at/all.log')]);
});

test('without a master is a closed pipe, at which no worker fails before it is done', async () => {
  const survived = path.join(directory, 'survived');
  const app = path.join(directory, 'app.mjs');
  fs.writeFileSync(
    app,
    `import fs from 'node:fs';
    let slow;
    process.on('disconnect', () => {
      for (let line = 0; line < 100; line++) console.log('is anybody there?');
      setTimeout(() => {
        fs.writeFileSync(${JSON.stringify(survived)}, '');
        slow.end('late');
      }, 100);
    });
    export default (request, response) => {
      if (request.url !== '/slow') return response.end();
      slow = response;
      console.log('asked');
    };`,
  );
  const server = await startServer(app, { args: ['--output-file', file] });
  const answer = ask({ port: server.port }, { path: '/slow' });
  await fileHas(file, 'asked');
  await server.stop('SIGKILL');
  expect((await answer).body).toBe('late');
  expect(fs.existsSync(survived)).toBe(true);
});
