import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TshornError } from './errors.ts';
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
  expect(failure('http').code).toBe('ERR_APP_MISSING');
  expect(failure('absent:name').message).toContain('"absent"');
});
