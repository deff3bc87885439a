import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TshornError } from './errors.ts';
import { commandsAround } from './package-commands.ts';
import { resolveApp } from './resolve-app.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'resolve-app-')));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, text = ''): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const failure = (app: string, cwd = root): TshornError => {
  try {
    resolveApp(app, cwd);
  } catch (error) {
    if (error instanceof TshornError) return error;
    throw error;
  }
  throw new Error(`${app} was found`);
};

test('a path is found with and without its extension', () => {
  const file = write('app.mjs');
  for (const app of ['app.mjs', 'app', './app', file]) expect(resolveApp(app, root)).toEqual({ file });
});

test('a colon picks a named export, unless the file itself is named so', () => {
  const file = write('named.cjs');
  expect(resolveApp('named.cjs:admin', root)).toEqual({ file, exportName: 'admin' });
  expect(resolveApp('./named:$a1', root)).toEqual({ file, exportName: '$a1' });
  const odd = write('odd:name.js');
  expect(resolveApp('odd:name', root)).toEqual({ file: odd });
});

test('a directory stands for its package main, or its index', () => {
  write('main/package.json', '{"main":"./lib/server"}');
  const main = write('main/lib/server.js');
  const index = write('index-only/index.ts');
  expect(resolveApp('main', root)).toEqual({ file: main });
  expect(resolveApp('./index-only/', root)).toEqual({ file: index });
});

test('a package name is resolved from the directory that tshorn runs in', () => {
  write('node_modules/cjs-app/package.json', '{"main":"a.js"}');
  const cjs = write('node_modules/cjs-app/a.js');
  write('node_modules/@scope/esm-app/package.json', '{"exports":{".":{"types":"./t","import":"./b.mjs"}}}');
  const esm = write('node_modules/@scope/esm-app/b.mjs');
  expect(resolveApp('cjs-app', root)).toEqual({ file: cjs });
  expect(resolveApp('@scope/esm-app:api', root)).toEqual({ file: esm, exportName: 'api' });
});

describe('a command', () => {
  const bin = (path: string) => write(path, '#!/usr/bin/env node\n');

  test('of a package without a main is its bin', () => {
    write('node_modules/only-bin/package.json', '{"name":"only-bin","bin":{"other":"cli.mjs"}}');
    const file = bin('node_modules/only-bin/cli.mjs');
    expect(resolveApp('only-bin', root)).toEqual({ file });
  });

  test('of the name of its package comes before the main, which is a library', () => {
    write('node_modules/@scope/both/package.json', '{"name":"@scope/both","main":"lib.js","bin":"bin/cli"}');
    write('node_modules/@scope/both/lib.js');
    const file = bin('node_modules/@scope/both/bin/cli');
    expect(resolveApp('@scope/both', root)).toEqual({ file });
  });

  test('of another name does not', () => {
    write('node_modules/app-with-tool/package.json', '{"main":"server.js","bin":{"migrate":"migrate.js"}}');
    bin('node_modules/app-with-tool/migrate.js');
    const file = write('node_modules/app-with-tool/server.js');
    expect(resolveApp('app-with-tool', root)).toEqual({ file });
  });

  test('is found in node_modules/.bin, as a link of npm and as a script of pnpm', () => {
    write('node_modules/fast/package.json', '{"main":"lib.js"}');
    write('node_modules/fast/lib.js');
    const file = bin('node_modules/fast-cli/cli.js');
    write('node_modules/.bin/pnpm-made', '#!/bin/sh\nexec node  "$basedir/../fast-cli/cli.js" "$@"\n');
    symlinkSync('../fast-cli/cli.js', join(root, 'node_modules/.bin/fast'));
    for (const app of ['fast', 'pnpm-made']) expect(resolveApp(app, root)).toEqual({ file });
    write('node_modules/.bin/shell', '#!/bin/bash\necho\n');
    expect(failure('shell').code).toBe('ERR_APP_MISSING');
  });

  test('is told for a library', () => {
    const own = bin('node_modules/app-with-tool/migrate.js');
    const library = join(root, 'node_modules/app-with-tool/server.js');
    expect(commandsAround(library, root)).toEqual(['node_modules/app-with-tool/migrate.js']);
    expect(commandsAround(own, root)).toEqual([]);
  });
});

test.each([
  ['next start -p 80', 'tshorn next --chdir site -- start -p 80'],
  [
    'cross-env NODE_ENV=production node -r ./a --import=b dist/main --x',
    'NODE_ENV=production NODE_OPTIONS="-r ./a --import=b" tshorn site/dist/main -- --x',
  ],
  ['react-router-serve ./build/server.js', 'tshorn react-router-serve --chdir site -- ./build/server.js'],
  ['npm run build && node x', undefined],
])('a folder without an app tells how its npm start is served: %s', (start, line) => {
  write('site/package.json', JSON.stringify({ scripts: { start } }));
  expect(failure('site').message).toContain(`its npm start runs "${start}"`);
  if (line) expect(failure('site').fix).toBe(`type: ${line}`);
  else expect(failure('site').fix).not.toContain('type:');
});

test('a release behind a symbolic link is pinned to its real path', () => {
  const file = write('releases/7/app.js');
  symlinkSync(join(root, 'releases/7'), join(root, 'current'));
  expect(resolveApp('current/app.js', root)).toEqual({ file });
});

test('what is missing is told with where it looked and what is there', () => {
  write('empty/readme.md');
  write('directory/server.ts');
  expect(failure('directory/sevrer').message).toContain(join(root, 'directory/sevrer'));
  expect(failure('directory/sevrer').fix).toContain('server.ts');
  expect(failure('directory').message).toContain('is a directory without an index');
  expect(failure('empty/app').fix).toContain('no JavaScript');
  expect(failure('nowhere/app.js').fix).toContain('does not exist');
  symlinkSync('releases/v9', join(root, 'broken'));
  const broken = `${join(root, 'broken')} is a link to releases/v9, which does not exist`;
  for (const app of ['broken/app.js', 'broken/dist/app.js']) expect(failure(app).fix).toContain(broken);
  expect(failure('http').code).toBe('ERR_APP_MISSING');
  expect(failure('absent:name').message).toContain('"absent"');
});
