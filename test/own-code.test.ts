/** The code of tshorn itself that V8 has compiled is kept for the next start, on every Node. */
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from './support/descriptors.ts';
import { directory, ownDirectory } from './support/directory.ts';
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

test('the next server begins with it; what V8 refuses is made anew', async () => {
  const first = await start();
  await both();
  await first.stop();
  const files = kept().map((name) => path.join(place(), name));
  const made = files.map((file) => fs.statSync(file).ino);
  const again = await start();
  await again.stop();
  expect(files.map((file) => fs.statSync(file).ino)).toEqual(made);
  // V8 looks at the code that it is given: nothing else tells that it is read.
  for (const file of files) fs.writeFileSync(file, Buffer.alloc(4_096));
  const third = await start();
  // The worker that finds code which is refused removes it, and the next one writes it.
  expect(await third.reload()).toMatchObject({ outcome: 'committed' });
  await eventually(
    'new code of both programs',
    () => kept().map((name) => fs.statSync(path.join(place(), name)).size),
    (sizes) => sizes.length === 2 && sizes.every((size) => size > 4_096),
  );
});

test('--no-compile-cache keeps none', async () => {
  const server = await start('--no-compile-cache');
  await server.stop();
  expect(kept()).toEqual([]);
});
