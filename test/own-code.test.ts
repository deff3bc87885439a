/** The code of tshorn itself that V8 has compiled is kept for the next start, on every Node. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { eventually } from './support/eventually.ts';
import { fixture, startServer } from './support/server.ts';

ownDirectory();
const place = () => path.join(directory, 'tshorn-code');

const start = (...args: string[]) =>
  startServer(fixture('says-hello.mjs'), {
    args,
    workers: 1,
    env: { CACHE_DIRECTORY: directory, NODE_DISABLE_COMPILE_CACHE: undefined },
  });

const kept = (): string[] => (fs.existsSync(place()) ? fs.readdirSync(place()).sort() : []);
const both = () =>
  eventually('the code of both programs', kept, (names) => /^cli-\S+,worker-\S+$/.test(names.join()));

test('a server keeps the code of both programs, in a directory of its own user', async () => {
  await start();
  await both();
  expect(fs.statSync(place()).mode & 0o777).toBe(0o700);
});

test('the next server begins with it', async () => {
  const first = await start();
  await both();
  await first.stop();
  const files = kept().map((name) => path.join(place(), name));
  const made = files.map((file) => fs.statSync(file).ino);
  const again = await start();
  await again.stop();
  expect(files.map((file) => fs.statSync(file).ino)).toEqual(made);
});

test('code that a power cut has damaged is not run: the log says so, and both programs make it anew', async () => {
  const first = await start();
  await both();
  await first.stop();
  const files = kept().map((name) => path.join(place(), name));
  const whole = files.map((file) => fs.readFileSync(file));
  // V8 runs such code until the process dies of it.
  for (const [at, file] of files.entries()) {
    const damaged = Buffer.from(whole[at] as Buffer);
    fs.writeFileSync(file, damaged.fill(0, damaged.length >> 1));
  }
  const again = await start('--log-level', 'debug');
  const isWhole = (content: Buffer) =>
    content.length > 8 && !content.subarray(-4_096).equals(Buffer.alloc(4_096));
  await eventually(
    'new code of both programs',
    () => kept().map((name) => fs.readFileSync(path.join(place(), name))),
    (contents) => contents.length === 2 && contents.every(isWhole),
  );
  expect((await again.event('worker-log')).msg).toMatch(
    /worker-\S+ is damaged; it is removed and made anew$/,
  );
  expect((await again.event('no-compile-cache')).msg).toMatch(
    /cli-\S+ is damaged; it is removed and made anew$/,
  );
});

test('where the directory cannot be made, the log says it once', async () => {
  fs.writeFileSync(place(), '');
  const server = await start('--log-level', 'debug');
  expect((await server.event('no-compile-cache')).msg).toMatch(/^no compile cache, .*tshorn-code/);
  await server.reload();
  expect(server.lines.filter(({ event }) => event === 'no-compile-cache')).toHaveLength(1);
});

test('--no-compile-cache keeps none', async () => {
  const server = await start('--no-compile-cache');
  await server.stop();
  expect(kept()).toEqual([]);
});
