/** `tshorn check`: one worker is booted as serving would, told of, and ended; nothing else is touched. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Command, type Ended, socketOf } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, cases, thorough } from './support/long.ts';
import { run } from './support/run.ts';
import { fixture, startServer } from './support/server.ts';

let env: Record<string, string>;
ownDirectory();
beforeEach(() => {
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory };
});

const QUICK = ['--probe-timeout', '300ms', '--probe-attempts', '2', '--probe-interval', '50ms'];
const begin = (app: string, ...args: string[]) => new Command(['check', app, ...args], env);
const check = (app: string, ...args: string[]): Promise<Ended> => begin(fixture(app), ...args).ended;
const pidIn = (out: string) => Number(/pid (\d+)/.exec(out)?.[1]);
const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the verdict', () => {
  brief.each([
    ['says-hello.mjs', [], /^ok: .*says-hello\.mjs \(handler\) answered \/_status with 200 after \d.*s\n$/],
    [
      'says-hello.mjs',
      ['--no-status-path'],
      /\(handler\) loaded after .*; not probed \(no --status-path\)\n$/,
    ],
    ['echoes.mjs', ['--status-path', '/'], /answered \/ with 200/],
  ])('%s %j is ok: 0', async (app, args, words) => {
    const { code, out, errors } = await check(app, ...args);
    expect({ code, errors, out }).toEqual({ code: 0, errors: '', out: expect.stringMatching(words) });
  });

  const REFUSED: readonly (readonly [app: string, args: readonly string[], code: number, words: RegExp])[] = [
    ['status-500.mjs', QUICK, 3, /^tshorn: no worker became ready: \/_status answered 500/],
    [
      'crashes-at-its-status.mjs',
      QUICK,
      3,
      /became ready: the worker ended while booting: exit code 1: uncaught TypeError: no such table$/m,
    ],
    ['never-answers-status.mjs', QUICK, 3, /no answer within 0\.3 s/],
    [
      'never-loads.mjs',
      ['--boot-timeout', '500ms'],
      3,
      /did not finish loading within 0\.5 s \(--boot-timeout\)/,
    ],
    ['syntax-error.mjs', [], 4, /^tshorn: app: syntax error at .*\n {2}\| /m],
    ['throws-on-import.mjs', [], 4, /threw while it was loaded: Error: the database is away\n {2}\| Error/],
    ['exports-no-app.mjs', [], 4, /is no app/],
    ['not-there.mjs', [], 4, /cannot find(?!.*did you mean)/],
    ['says-hello.mjs', ['--workers', 'many'], 2, /--workers: got "many"/],
    ['says-hello.mjs', ['--environment-file', 'not-there'], 2, /there is no such file/],
    ['says-hello.mjs', ['--print-config'], 2, /tshorn check has no such option/],
  ];
  /** One of each exit code, and one for each kind of words. */
  const SHORT = ['status-500.mjs', 'never-loads.mjs', 'syntax-error.mjs', 'not-there.mjs', 'says-hello.mjs'];

  test.each(cases(REFUSED, ([app]) => SHORT.includes(app)))(
    '%s %j is not',
    async (app, args, code, words) => {
      const ended = await check(app, ...args);
      expect(ended).toMatchObject({ code, errors: expect.stringMatching(words) });
      expect(ended.out).not.toContain('ok:');
      // A worker that hangs is ended as well.
      const pid = pidIn(ended.out);
      expect(Number.isNaN(pid) || !isThere(pid)).toBe(true);
    },
  );

  thorough('is that of a start', async () => {
    for (const [app, code, more] of [
      ['syntax-error.mjs', 4, []],
      // At the start a probe is tried again until then.
      ['status-500.mjs', 3, ['--boot-timeout', '3s']],
    ] as const) {
      const args = [...QUICK, ...more];
      const start = await run([fixture(app), '--bind', '127.0.0.1:0', ...args], { env });
      expect([start.code, (await check(app, ...args)).code]).toEqual([code, code]);
    }
  });
});

brief('an answer that is not 2xx is told with the words of a start', async () => {
  env.STATUS_FILE = path.join(directory, 'status');
  fs.writeFileSync(env.STATUS_FILE, '401');
  const answers = '/_status answered 401 Unauthorized';
  expect(await check('status-from-file.mjs')).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^ok: .* \(handler\) loaded after .*; \/_status answered 401 Unauthorized: alive, as no/,
    ),
  });
  const chosen = await check('status-from-file.mjs', ...QUICK, '--status-path', '/_status');
  expect(chosen).toMatchObject({
    code: 3,
    errors: expect.stringContaining(`no worker became ready: ${answers}; a chosen path has to answer 2xx: `),
  });
  expect(chosen.errors).toContain("--status-header 'Authorization: ...'");
});

thorough('hooks, environment files and warm-up are those of serving', async () => {
  const log = path.join(directory, 'hooks');
  const variables = path.join(directory, 'variables');
  env.HOOK_LOG = log;
  fs.writeFileSync(variables, 'GREETING=hello\n');
  const args = ['-c', fixture('records-hooks.config.mjs'), '--environment-file', variables, '--warm-up', '/'];
  const { code, out, errors } = await check('tells-environment.mjs', ...args);
  expect({ code, out: out.slice(0, 3) }).toEqual({ code: 0, out: 'ok:' });
  expect(errors).toMatch(/warm-up: 50\/50 requests/);
  const hooks = fs.readFileSync(log, 'utf8').split('\n');
  expect(hooks.filter((line) => !/Request/.test(line))).toEqual([
    'preFork worker=0 gen=1',
    'postFork worker=0 gen=1',
    'postWorkerInit worker=0 gen=1',
    'workerExit worker=0 gen=1',
    'childExit worker=0 gen=1',
    '',
  ]);
  env.FAILS = 'postWorkerInit:throws';
  expect(await check('tells-environment.mjs', ...args)).toMatchObject({
    code: 3,
    errors: expect.stringContaining('postWorkerInit: Error: the hook is broken'),
  });
});

describe('nothing else is touched', () => {
  brief('no address is opened: neither --bind, nor those that the app asks for', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const opened = path.join(directory, 'opened');
    const socket = path.join(directory, 'app.sock');
    // Each of them would fail, if somebody tried.
    Object.assign(env, { PORTS: `${port},${port},${port}`, SOCKET: socket, OPENED: opened });
    fs.writeFileSync(socket, 'a file of somebody');
    const { code, out, errors } = await check('opens-ports.mjs', '--bind', `127.0.0.1:${port}`);
    taken.close();
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('(script) answered') });
    expect(errors).toContain(`the app also listens on 127.0.0.1:${port}: not opened for the check`);
    expect(fs.readFileSync(opened, 'utf8').trim().split('\n')).toEqual([
      JSON.stringify({ address: '127.0.0.1', family: 'IPv4', port }),
      JSON.stringify({ address: '::', family: 'IPv6', port }),
      JSON.stringify(socket),
    ]);
    expect(fs.readFileSync(socket, 'utf8')).toBe('a file of somebody');
    expect(fs.existsSync(path.join(directory, 'tshorn'))).toBe(false);
  });

  brief('a running server goes on, and its log file is not written', async () => {
    const file = path.join(directory, 'log');
    const server = await startServer(fixture('says-hello.mjs'), { env });
    const socket = await socketOf(server);
    const args = ['--bind', `127.0.0.1:${server.port}`, '--control', socket, '--log-file', file];
    expect((await check('says-hello.mjs', ...args)).code).toBe(0);
    expect((await check('syntax-error.mjs', ...args)).code).toBe(4);
    expect(fs.existsSync(file)).toBe(false);
    expect(fs.existsSync(socket)).toBe(true);
    expect((await fetch(server.origin)).status).toBe(200);
    expect(server.of('ready')).toHaveLength(1);
  });

  thorough('the worker is gone at the end, and could clean up', async () => {
    const { code, out } = await check('tells-its-pid.mjs');
    expect([code, out.includes('left')]).toEqual([0, true]);
    expect(isThere(pidIn(out))).toBe(false);
  });
});

brief.each([
  ['SIGINT', 130, 'tells-its-pid.mjs'],
  ['SIGTERM', 143, 'never-loads.mjs'],
] as const)('%s ends it with %d, and the worker with it', async (signal, code, app) => {
  env.BOOT_MS = '60000';
  const command = begin(fixture(app));
  await command.speaks;
  command.process.kill(signal);
  const { errors, ...ended } = await command.ended;
  // A slow machine may have told before that the app is still loading.
  expect(ended.code).toBe(code);
  expect(errors).toMatch(new RegExp(`tshorn: ${signal} ended the check, without a verdict\n$`));
  expect(isThere(pidIn(ended.out))).toBe(false);
});

brief('--help is its own', async () => {
  const { code, out } = await new Command(['check', '--help'], env).ended;
  expect([code, out]).toEqual([0, expect.stringContaining('Usage: tshorn check [APP')]);
});
