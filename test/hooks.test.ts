import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

let hookLog: string;
ownDirectory();
beforeEach(() => {
  hookLog = path.join(directory, 'hooks');
});

const withHooks = (fails = '', args: string[] = []) => ({
  args: [
    '--config',
    fixture('records-hooks.config.mjs'),
    '--hook-timeout',
    '500ms',
    '--idle-linger',
    '0',
    ...args,
  ],
  env: { HOOK_LOG: hookLog, FAILS: fails },
});
const start = (fails = '', args: string[] = []): Promise<TestServer> =>
  startServer(fixture('mixed.mjs'), withHooks(fails, args));

/** The calls recorded so far, without the requests of the probe. */
const recorded = (): string[] =>
  readFileSync(hookLog, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('/_status'));

/** Besides that of the probe. */
const requestArrived = (server: TestServer): Promise<boolean> =>
  server.until('a request', () => recorded().some((line) => line.startsWith('preRequest')));

describe('each hook runs at its moment', () => {
  brief('from the start over a reload to the stop', async () => {
    const server = await start();
    await server.until('whenReady', () => server.lines.some(({ msg }) => msg === 'whenReady was here'));
    expect(recorded()).toEqual([
      'onStarting master',
      'preFork worker=0 gen=1',
      'postFork worker=0 gen=1',
      'postWorkerInit worker=0 gen=1',
      'whenReady master',
    ]);
    const reloaded = recorded().length;
    await server.reload();
    expect(recorded().slice(reloaded)).toEqual([
      'onReload master',
      'preFork worker=0 gen=2',
      'postFork worker=0 gen=2',
      'postWorkerInit worker=0 gen=2',
      'workerExit worker=0 gen=1',
      'childExit worker=0 gen=1',
    ]);
    const stopped = recorded().length;
    expect(await server.stop()).toBe(0);
    expect(recorded().slice(stopped)).toEqual([
      'workerExit worker=0 gen=2',
      'childExit worker=0 gen=2',
      'onExit master',
    ]);
  });

  thorough('workersChanged with the new number and the old one', async () => {
    const server = await start();
    server.signal('SIGTTIN');
    await server.event('resized');
    server.signal('SIGTTOU');
    await server.event('resized', { count: 2 });
    await server.stop();
    expect(recorded().filter((line) => line.startsWith('workersChanged'))).toEqual([
      'workersChanged master 2 1',
      'workersChanged master 1 2',
    ]);
  });

  thorough('preRequest and postRequest see the request, and the latter the response', async () => {
    const server = await start();
    await ask({ port: server.port }, { path: '/slow?ms=1', agent: false });
    await server.stop();
    expect(recorded()).toContain('preRequest worker=0 gen=1 GET /slow?ms=1');
    expect(recorded()).toContain('postRequest worker=0 gen=1 GET /slow?ms=1 200');
  });

  thorough('workerInt on a quick stop, and for a graceful one that becomes quick', async () => {
    const quick = await start();
    await quick.stop('SIGINT');
    expect(recorded()).toContain('workerInt worker=0 gen=1');
    rmSync(hookLog);

    const hurried = await start();
    const request = ask({ port: hurried.port }, { path: '/slow?ms=60000', agent: false }).catch(() => 'cut');
    await requestArrived(hurried);
    hurried.signal('SIGTERM');
    await hurried.event('draining');
    expect(recorded()).not.toContain('workerInt worker=0 gen=1');
    await hurried.stop('SIGINT');
    expect(recorded().filter((line) => line.startsWith('workerInt'))).toHaveLength(1);
    expect(await request).toBe('cut');
  });

  brief('workerAbort when the grace period runs out', async () => {
    const server = await start('', ['--grace', '500ms']);
    const request = ask({ port: server.port }, { path: '/slow?ms=60000', agent: false }).catch(() => 'cut');
    await requestArrived(server);
    expect(await server.stop()).toBe(0);
    expect(await request).toBe('cut');
    expect(recorded()).toContain('workerAbort worker=0 gen=1');
  });

  thorough('workerAbort on SIGABRT, which still ends the worker', async () => {
    const server = await start();
    process.kill(server.readyPids[0] as number, 'SIGABRT');
    expect((await server.event('crashed')).msg).toContain('killed by SIGABRT');
    expect(recorded()).toContain('workerAbort worker=0 gen=1');
    await server.event('ready', { count: 2 });
  });
});

describe('a hook that fails is told by its name, and the master lives', () => {
  const failure = (server: TestServer, name: string) =>
    server.until(`the failure of ${name}`, () => server.of('hook-failed').find(({ hook }) => hook === name));

  const FAILURES = [
    ['onStarting', 'throws'],
    ['onStarting', 'never-settles'],
    ['whenReady', 'rejects'],
    ['preFork', 'throws'],
    ['preFork', 'never-settles'],
    ['postFork', 'throws'],
    ['postFork', 'never-settles'],
    ['preRequest', 'throws'],
    ['preRequest', 'rejects'],
    ['postRequest', 'throws'],
  ] as const;
  /** Each hook once. */
  const SHORT = ['onStarting throws', 'preFork never-settles', 'postFork throws', 'preRequest rejects'];
  const isShort = ([name, how]: readonly [string, string]) =>
    name === 'whenReady' || name === 'postRequest' || SHORT.includes(`${name} ${how}`);

  test.each(cases(FAILURES, isShort))('%s %s', async (name, how) => {
    const server = await start(`${name}:${how}`);
    expect((await ask({ port: server.port }, { path: '/', agent: false })).status).toBe(200);
    const { msg } = await failure(server, name);
    expect(msg).toContain(
      how === 'never-settles' ? 'did not settle within 0.5 s (--hook-timeout)' : 'is broken',
    );
    expect(await server.stop()).toBe(0);
  });

  test.each([
    ['onReload', 'never-settles'],
    ['childExit', 'rejects'],
    ['workerExit', 'never-settles'],
  ])('%s %s during a reload, which commits', async (name, how) => {
    const server = await start(`${name}:${how}`);
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await failure(server, name);
    expect(await server.stop()).toBe(0);
  });

  test.each(cases(['throws', 'never-settles'], (how) => how === 'throws'))('onExit %s', async (how) => {
    const server = await start(`onExit:${how}`);
    expect(await server.stop()).toBe(0);
    expect(server.of('hook-failed')[0]?.hook).toBe('onExit');
  });

  test('an error that a hook lets go of', async () => {
    const server = await start('whenReady:lets-go');
    await server.event('stray-error', { count: 2 });
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(await server.stop()).toBe(0);
  });
});
