/** docs/getting-started.md prints what it says: its own commands, in an empty directory, with the packed tarball. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './support/free-ports.ts';
import { thorough } from './support/long.ts';
import { difference, Reader, stepsOf, stepsOfFile } from './support/page.ts';
import { root } from './support/server.ts';

let directory: string | undefined;
let reader: Reader | undefined;
afterEach(async () => {
  await reader?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

thorough('every command of the page prints what the page says', async () => {
  directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  const pack = ['pack', '--json', '--pack-destination', directory];
  const made = execFileSync('npm', pack, { cwd: path.join(root, 'packages/tshorn'), encoding: 'utf8' });
  const [{ filename }] = JSON.parse(made) as [{ filename: string }];
  const port = await freePort();
  const empty = path.join(directory, 'empty');
  const said = {
    'npm install tshorn': `npm install --no-audit --no-fund ${path.join(directory, filename)}`,
    'npx tshorn app.js': `npx tshorn app.js --bind 127.0.0.1:${port}`,
    '8000': `${port}`,
    // npx takes half a second for each of them; tarball.test.ts has it.
    'npx tshorn': path.join(empty, 'hello/node_modules/.bin/tshorn'),
  };
  mkdirSync(empty);
  // The only masters that its commands find are its own.
  mkdirSync(path.join(directory, 'run'), { mode: 0o700 });
  const env = { TSHORN_LOG_FORMAT: 'pretty', XDG_RUNTIME_DIR: path.join(directory, 'run') };
  reader = new Reader(empty, said, env);
  for (const step of stepsOfFile(path.join(root, 'docs/getting-started.md'))) await reader.take(step);
});

test('a page that says something else is found out', () => {
  expect(stepsOf('```console\n$ one\n1\n...\n$ two\n```\n```js a.js\nx\n```')).toMatchObject([
    { kind: 'command', head: 'one', lines: ['1', '...'] },
    { kind: 'command', head: 'two', lines: [] },
    { kind: 'file', head: 'a.js', lines: ['x'] },
  ]);
  expect(difference(['a', '...', 'c'], ['a', 'b', 'c'])).toBeUndefined();
  expect(difference(['ready pid=1 after 20ms'], ['ready pid=977 after 1.3s'])).toBeUndefined();
  expect(difference(['a', 'c'], ['a', 'b', 'c'])).toBe('there is another line: b');
  expect(difference(['committed'], ['rolled back'])).toBe('there is no line: committed');
});
