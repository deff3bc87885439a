/** The kind of an app is found out at once, and the app is loaded as node would load it. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Command } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, cases, thorough } from './support/long.ts';
import { run } from './support/run.ts';
import { fixture, startServer } from './support/server.ts';

ownDirectory();

const check = (app: string, env: Record<string, string> = {}, ...args: string[]) =>
  new Command(['check', fixture(app), ...args], env).ended;
const get = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`)).text();

/** None of these waits for `--boot-timeout`, which is longer than a test may take. */
describe('a module that cannot be served is refused at once', () => {
  const REFUSED: readonly (readonly [app: string, env: Record<string, string>, words: RegExp])[] = [
    ['logs-and-exports-no-app.mjs', {}, /is no app: it exports an object with answer, and it does not call/],
    ['listens-by-another-protocol.mjs', { SERVER: 'front' }, /with a plain TCP server, .*HTTP server itself/],
    [
      'listens-by-another-protocol.mjs',
      { SERVER: 'native' },
      /port \d+ with a server that is not one of Node/,
    ],
    ['serves-by-a-child.mjs', {}, /started a child process that listens on port \d+ \(.*createServer/],
    // After the first look.
    ['serves-by-a-child.mjs', { AFTER_MS: '4500' }, /started a child process that listens on port \d+/],
    ['never-settles.mjs', { WHAT: 'import' }, /never loads: its top-level await never settles/],
    ['never-settles.mjs', { WHAT: 'promise' }, /never loads: the promise that it exports never settles/],
    ['never-settles.mjs', { WHAT: 'function' }, /never loads: the promise that it exports never settles/],
  ];
  /** Other servers of the same refusal, a child that is slow, other promises that never settle. */
  const LONG = ['native', '4500', 'promise', 'function'];

  test.each(
    cases(REFUSED, ([, { SERVER, WHAT, AFTER_MS }]) => !LONG.includes(SERVER ?? WHAT ?? AFTER_MS ?? '')),
  )('%s %j', async (app, env, words) => {
    const started = await run([fixture(app), '--bind', '127.0.0.1:0'], { env });
    expect(started).toMatchObject({ code: 4, text: expect.stringMatching(words) });
  });

  brief(
    'a child process that another worker has started, and that does not listen yet, ends with it',
    async () => {
      const env = { FIRST: path.join(directory, 'first') };
      // The children hold the output: it would never be over.
      const { code, text } = await run(
        [fixture('serves-by-a-child.mjs'), '--bind', '127.0.0.1:0', '--workers', '2'],
        { env },
      );
      expect({ code, text }).toEqual({ code: 4, text: expect.stringMatching(/listens on port \d+/) });
    },
  );

  test.each(cases(['front', 'native'], (one) => one === 'front'))(
    'by tshorn check, which opens no port: %s',
    async (SERVER) => {
      const checked = await check('listens-by-another-protocol.mjs', { SERVER });
      expect(checked).toMatchObject({ code: 4, errors: expect.stringMatching(/which tshorn cannot serve/) });
    },
  );
});

brief('an app that throws while it is loaded runs its exit listeners', async () => {
  const MARKER = path.join(directory, 'marker');
  const app = fixture('throws-with-an-exit-listener.cjs');
  const { code, text } = await run([app, '--bind', '127.0.0.1:0'], { env: { MARKER } });
  expect({ code, text }).toEqual({ code: 4, text: expect.stringContaining('bad config') });
  expect(text).not.toContain('SIGKILL');
  expect(fs.existsSync(MARKER)).toBe(false);
});

describe("an app's listener to uncaughtException is called for what its module throws", () => {
  brief.each(['catches-its-exception.cjs', 'catches-its-exception.mjs'])(
    'and %s goes on to serve',
    async (app) => {
      const { port } = await startServer(fixture(app), { env: { THEN: 'serve' } });
      expect(await get(port)).toBe('alive');
    },
  );

  brief('and may exit with a code of its own', async () => {
    const { errors } = await check('catches-its-exception.cjs', { THEN: 'exit' });
    expect(errors).toContain('exit code 78');
  });

  brief('and an app that does neither is refused with the error', async () => {
    const { code, errors } = await check('catches-its-exception.cjs', { THEN: 'nothing' });
    expect({ code, errors }).toEqual({ code: 4, errors: expect.stringMatching(/threw .*Error: no metrics/) });
  });
});

thorough('what is known of an app that keeps a timer is told, and is the reason in the end', async () => {
  const { code, errors } = await check('keeps-a-timer.mjs', {}, '--boot-timeout', '5s');
  const known = 'it exports an object with createServer, and it has not called listen() yet; open: Timeout';
  expect(code).toBe(3);
  expect(errors).toContain(`the app is still loading: ${known}`);
  expect(errors).toContain(`did not finish loading within 5 s (--boot-timeout): ${known}`);
});

thorough('a server that cannot be served is named while the app has something else under way', async () => {
  const { code, errors } = await check(
    'listens-by-another-protocol.mjs',
    { SERVER: 'front', TIMER: 'yes' },
    '--boot-timeout',
    '5s',
  );
  expect(code).toBe(3);
  expect(errors).toMatch(
    /still loading: .*listens on 127\.0\.0\.1:0 with a plain TCP server, .*open: Timeout; call listen\(\) of the HTTP server/,
  );
});

const WORK = ['scrypt', 'zlib', 'wasm', 'dns', 'udp', 'thread'];

test.each(cases(WORK, (work) => work === 'scrypt'))(
  'work of %s before listen() is waited for',
  async (WORK) => {
    expect(await check('waits-in-a-thread.mjs', { WORK })).toMatchObject({ code: 0, errors: '' });
  },
);

thorough('a UDP socket that the master is slow to bind is waited for', async () => {
  const command = new Command(['check', fixture('waits-in-a-thread.mjs')], { WORK: 'udp-later' });
  await command.speaks;
  command.process.kill('SIGSTOP');
  await sleep(3_000);
  command.process.kill('SIGCONT');
  expect(await command.ended).toMatchObject({ code: 0 });
});

describe('an exported function', () => {
  brief.each(['starts-itself.cjs', 'starts-itself.mjs'])('that has started runs once: %s', async (app) => {
    const STARTED = path.join(directory, 'started');
    const server = await startServer(fixture(app), { env: { STARTED } });
    expect(await get(server.port)).toBe('hello');
    expect(fs.readFileSync(STARTED, 'utf8')).toBe('started\n');
    expect(server.of('also-listening')).toEqual([]);
  });

  thorough('that makes the app is called although a connection stays open', async () => {
    expect(await check('waits-to-be-called.mjs')).toMatchObject({ code: 0, errors: '' });
  });
});

brief.each(['knows-its-main.cjs', 'knows-its-main.mjs'])('%s sees itself as under node', async (app) => {
  const ALONE = { ...process.env, PORT: '0', ALONE: 'yes' };
  const alone = await promisify(execFile)(process.execPath, [fixture(app), 'a', '--b'], { env: ALONE });
  const server = await startServer(fixture(app), { args: ['--', 'a', '--b'] });
  expect(JSON.parse(await get(server.port))).toEqual(JSON.parse(alone.stdout));
});

brief('a hook of require() loads the app, as its main module', async () => {
  const env = { NODE_OPTIONS: `--require ${fixture('hooks-require.cjs')}` };
  // Away from a package of ES modules, for which node asks no hook of require().
  const app = path.join(directory, 'app.ts');
  fs.copyFileSync(fixture('has-an-enum.ts'), app);
  const server = await startServer(app, { env });
  expect(await get(server.port)).toBe('hello');
});

brief('without one the message names what does', async () => {
  const { code, errors } = await check('has-an-enum.ts');
  expect({ code, errors }).toEqual({ code: 4, errors: expect.stringContaining('--import tsx') });
});

describe('a command of a package', () => {
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    fs.writeFileSync(path.join(directory, file), text);
  };
  const server =
    "require('node:http').createServer((q, r) => r.end(process.argv.slice(2).join())).listen(3000)";

  brief('is served by its name', async () => {
    write('node_modules/site/package.json', '{"name":"site","main":"lib.js","bin":"cli"}');
    write('node_modules/site/lib.js', 'exports.createServer = () => {};');
    write('node_modules/site/cli', `#!/usr/bin/env node\n${server}`);
    const { port } = await startServer('site', { cwd: directory, args: ['--', 'public', '-s'] });
    expect(await get(port)).toBe('public,-s');
  });

  brief('is named where the main of its package is no app', async () => {
    write('node_modules/site/package.json', '{"name":"site","main":"lib.js","bin":{"serve-site":"cli.js"}}');
    write('node_modules/site/lib.js', 'exports.createServer = () => {};');
    write('node_modules/site/cli.js', server);
    const { code, text } = await run(['site', '--bind', '127.0.0.1:0'], { cwd: directory });
    expect({ code, text }).toEqual({
      code: 4,
      text: expect.stringContaining(
        'start the command of this package: tshorn node_modules/site/cli.js -- ARGUMENTS',
      ),
    });
  });

  brief('is no file that is missing: a misspelt command of tshorn is named', async () => {
    const { code, text } = await run(['relaod'], { cwd: directory });
    expect({ code, text }).toEqual({ code: 4, text: expect.stringContaining('did you mean tshorn reload?') });
  });
});
