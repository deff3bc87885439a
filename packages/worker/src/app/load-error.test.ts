import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { appFrames } from './app-frames.ts';
import { describeLoadError, excerptOf } from './load-error.ts';
import { missingModule } from './missing-module.ts';

const withStack = <E extends Error>(error: E, stack: string): E => Object.assign(error, { stack });

test('a syntax error is told with the place that its stack begins with', async () => {
  const stack =
    '/srv/app.cjs:2\nconst b = = 2;\n          ^\n\nSyntaxError: Unexpected\n    at wrapSafe (node:internal/x:1:1)';
  const error = await describeLoadError(withStack(new SyntaxError('Unexpected'), stack), '/srv/app.cjs');
  expect(error).toMatchObject({ code: 'ERR_APP_SYNTAX', message: 'app: syntax error at /srv/app.cjs:2' });
  expect(error.detail).toBe('/srv/app.cjs:2\nconst b = = 2;\n          ^\n\nSyntaxError: Unexpected');
});

test('JSON that does not parse while the app starts is thrown, not a syntax error of the app', async () => {
  const stack = 'SyntaxError: bad\n    at JSON.parse (<anonymous>)\n    at file:///srv/app.mjs:3:6';
  const error = await describeLoadError(withStack(new SyntaxError('bad'), stack), '/srv/app.mjs');
  expect(error.code).toBe('ERR_APP_THROWS');
  expect(error.detail).toBe('SyntaxError: bad\n    at file:///srv/app.mjs:3:6');
});

test("only the app's own frames are shown, with its causes", () => {
  const inner = withStack(new Error('inner'), 'Error: inner\n    at /srv/db.js:1:1\n    at node:events:1:1');
  const ours = new Error().stack?.split('\n')[1];
  const outer = withStack(
    new Error('outer', { cause: inner }),
    `Error: outer\n${ours}\n    at /srv/app.js:1:1`,
  );
  expect(appFrames(outer)).toBe(
    'Error: outer\n    at /srv/app.js:1:1\ncaused by:\nError: inner\n    at /srv/db.js:1:1',
  );
  expect([appFrames(null), appFrames(undefined)]).toEqual(['null', 'undefined']);
});

test('TypeScript that this Node does not take is told with what does', async () => {
  const refusal = Object.assign(new TypeError('Unknown file extension ".ts" for /srv/app.ts'), {
    code: 'ERR_UNKNOWN_FILE_EXTENSION',
  });
  const error = await describeLoadError(refusal, '/srv/app.ts');
  expect(error.code).toBe('ERR_APP_TYPESCRIPT');
  expect(error.fix).toContain('--import tsx');
});

test('a throw is told with its place, which may be in another file', async () => {
  const stack =
    'Error: boo\n    at /srv/node_modules/x/a.js:1:1\n    at file:///srv/lib/greet.mjs:1:22\n    at node:x:1:1';
  const error = await describeLoadError(withStack(new Error('boo'), stack), '/srv/app.mjs');
  expect(error.message).toBe('app: /srv/lib/greet.mjs:1:22 threw while it was loaded: Error: boo');
});

test('a message that goes on after a colon is not cut there', async () => {
  const text = 'Transform failed with 1 error:\n/srv/app.ts:3:1: ERROR: Unexpected "}"';
  const error = await describeLoadError(withStack(new Error(text), `Error: ${text}`), '/srv/app.ts');
  expect(error.message).toMatch(/failed with 1 error: \/srv\/app\.ts:3:1: ERROR: Unexpected "}"$/);
});

test.each([
  ["module './lib/a'", 'MODULE_NOT_FOUND', 'check the path'],
  ["module '/srv/lib/a.mjs' imported from /srv/app.mjs", 'ERR_MODULE_NOT_FOUND', 'check the path'],
  ["module '/srv/node_modules/x/main.js'", 'MODULE_NOT_FOUND', 'npm install'],
  ["package '@is/odd' imported from /srv/app.mjs", 'ERR_MODULE_NOT_FOUND', 'npm install'],
])('Cannot find %s (%s): the way out is %s', async (what, code, fix) => {
  const missing = Object.assign(new Error(`Cannot find ${what}`), { code });
  expect((await describeLoadError(missing, '/srv/app.mjs')).fix).toContain(fix);
});

test.each([
  ["package 'is-odd'", 2],
  ["package '@is/odd'", 3],
  ["module '/srv/lib/a.mjs'", 4],
])('Cannot find %s: the line that imports it is told', (what, line) => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  const file = path.join(directory, 'app.mjs');
  fs.writeFileSync(file, "\nimport 'is-odd';\nimport '@is/odd/sub';\nimport './lib/a.mjs';\n");
  const error = new Error(`Cannot find ${what} imported from ${file}`);
  expect(missingModule(Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' }))?.importedAt).toBe(
    `${file}:${line}`,
  );
  fs.rmSync(directory, { recursive: true });
});

test('a package that is not installed is told with the fix', async () => {
  const error = await describeLoadError(
    Object.assign(new Error('Cannot find'), { code: 'MODULE_NOT_FOUND' }),
    '/a.js',
  );
  expect(error).toMatchObject({ code: 'ERR_APP_THROWS', fix: expect.stringContaining('npm install') });
  expect(excerptOf(error)).toBeUndefined();
});
