/** A reload that is rolled back on demand, and what else can come between it and its end. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, type Ended, request, socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { MixedLoad } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

const WORKERS = 2;
let env: Record<string, string>;

ownDirectory();
beforeEach(() => {
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory, BOOT_MS: '400' };
});

const start = (...args: string[]) => startServer(fixture('mixed.mjs'), { workers: WORKERS, args, env });
const begin = (server: TestServer, ...args: string[]) =>
  new Command(['reload', '--control', path.join(directory, 'tshorn', `${server.pid}.sock`), ...args], env);
const tshorn = (server: TestServer, ...args: string[]): Promise<Ended> => begin(server, ...args).ended;

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

interface Moment {
  readonly plan: string;
  readonly event: string;
  readonly count: number;
  /** One that boots, and all of them replaced. */
  readonly short?: boolean;
}

/** The moments of a reload of two workers: after the first `count` events of that name. */
const MOMENTS: readonly Moment[] = [
  { plan: 'rolling', event: 'spawned', count: 1 },
  { plan: 'rolling', event: 'ready', count: 1 },
  { plan: 'rolling', event: 'drained', count: 1 },
  { plan: 'rolling', event: 'spawned', count: 2 },
  { plan: 'rolling', event: 'drained', count: 2, short: true },
  { plan: 'canary', event: 'ready', count: 1 },
  { plan: 'overlap', event: 'spawned', count: 2 },
  { plan: 'overlap', event: 'drained', count: 1 },
  { plan: 'replace', event: 'draining', count: 1 },
  { plan: 'replace', event: 'spawned', count: 2, short: true },
];

describe('abort', () => {
  test('at any step: the same workers serve, and no request fails', async () => {
    // Long enough for a command to start on a busy machine.
    const server = await start('--soak', '10s');
    await socketOf(server);
    const load = new MixedLoad({ port: server.port }).start();
    await load.flow(20);
    const before = new Set(server.readyPids);
    for (const { plan, event, count } of cases(MOMENTS, ({ short }) => short === true)) {
      const from = server.lines.length;
      const waits = tshorn(server, '--plan', plan);
      await server.event(event, { from, count });
      const aborted = await tshorn(server, '--abort');
      const what = { plan, event, count };
      expect({ ...what, ...aborted }).toMatchObject({ ...what, code: 0, errors: '' });
      expect(aborted.out).toMatch(
        /rolled back after .*, gen=1 still serves: aborted by tshorn reload --abort\n$/,
      );
      expect(await waits).toMatchObject({ code: 1, errors: expect.stringContaining('aborted by') });
      expect({ ...what, pids: new Set(server.readyPids) }).toEqual({ ...what, pids: before });
    }
    await load.flow(20);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(server.of('crashed')).toEqual([]);
  });

  thorough('without a reload there is nothing to abort, and after the commit neither', async () => {
    const server = await start();
    const socket = await socketOf(server);
    expect(await tshorn(server, '--abort')).toMatchObject({
      code: 1,
      errors: 'tshorn: there is no reload under way: nothing to abort\n',
    });
    expect(await request(socket, 'POST', '/abort')).toMatchObject({ status: 409 });
    expect((await tshorn(server)).code).toBe(0);
    expect(await tshorn(server, '--abort')).toMatchObject({ code: 1 });
    expect((await request(socket, 'POST', '/abort', '{"plan":"canary"}')).status).toBe(400);
  });

  thorough('said twice, both learn that it was rolled back', async () => {
    const server = await start('--soak', '10s');
    await socketOf(server);
    const reload = tshorn(server);
    await server.event('drained');
    const both = await Promise.all([tshorn(server, '--abort'), tshorn(server, '--abort')]);
    // The second one may come when the first is done already.
    expect(both.map(({ code }) => code)).toContain(0);
    for (const { code, errors } of both)
      expect(code === 0 || errors.includes('no reload under way')).toBe(true);
    expect((await reload).code).toBe(1);
    expect(server.of('reload-finished')).toHaveLength(1);
  });

  thorough('of a reload that another one waits for lets that one begin', async () => {
    const server = await start('--soak', '10s');
    await socketOf(server);
    const first = tshorn(server);
    await server.event('spawned', { count: WORKERS + 1 });
    const second = begin(server, '--plan', 'overlap');
    await second.speaks;
    expect((await tshorn(server, '--abort')).code).toBe(0);
    expect((await first).code).toBe(1);
    expect(await second.ended).toMatchObject({ code: 0, out: expect.stringContaining('plan overlap') });
    // The second reload's notices once went to the stream of the abort, which had ended.
    expect(server.of('stray-error')).toEqual([]);
    expect(server.of('sink-failed')).toEqual([]);
  });
});

describe('in the middle of a reload', () => {
  brief('TERM ends it with a verdict, and the server with 0', async () => {
    const server = await start('--soak', '20s');
    await socketOf(server);
    const load = new MixedLoad({ port: server.port }).start({ fresh: 0, posts: 0, slow: 4, uploads: 0 });
    const reload = tshorn(server);
    await server.event('ready', { count: WORKERS + 1 });
    const abort = server.event('stopping').then(() => tshorn(server, '--abort'));
    expect(await server.stop()).toBe(0);
    expect(await reload).toMatchObject({ code: 1, errors: expect.stringContaining('stopped by SIGTERM') });
    // Too late, or nobody is there any more.
    expect([1, 2]).toContain((await abort).code);
    await load.stop();
    expect(server.of('ready').filter(({ pid }) => isThere(pid as number))).toEqual([]);
  });

  thorough('the client of an abort may go away', async () => {
    const server = await start('--soak', '10s');
    await socketOf(server);
    const reload = tshorn(server);
    await server.event('drained');
    const abort = begin(server, '--abort');
    await server.event('rolling-back');
    abort.process.kill('SIGKILL');
    await abort.ended;
    expect((await reload).code).toBe(1);
    expect(await server.event('reload-finished')).toMatchObject({ outcome: 'rolled-back' });
    expect(server.readyPids).toHaveLength(WORKERS);
  });

  thorough('of two reloads, both are told how theirs ended', async () => {
    const server = await start();
    await socketOf(server);
    const first = tshorn(server, '--plan', 'overlap');
    await server.event('reload-started');
    const second = tshorn(server, '--plan', 'replace');
    expect((await first).out).toMatch(/plan overlap\n/);
    expect((await second).out).toMatch(/plan replace\n/);
    expect(server.of('reload-finished').map(({ outcome }) => outcome)).toEqual(['committed', 'committed']);
  });

  brief('a master that is killed leaves no worker behind', async () => {
    const server = await start('--soak', '20s');
    await socketOf(server);
    const command = begin(server, '--plan', 'overlap');
    await server.event('spawned', { count: 2 * WORKERS });
    const pids = server.of('spawned').map(({ pid }) => pid as number);
    await server.stop('SIGKILL');
    expect((await command.ended).code).toBe(2);
    for (const end = Date.now() + DEADLINE_MS; pids.some(isThere) && Date.now() < end; ) await sleep(20);
    expect(pids.filter(isThere)).toEqual([]);
  });
});

describe('plan and dry run', () => {
  brief('a dry run says what would be done, and does nothing', async () => {
    const server = await start();
    const socket = await socketOf(server);
    const { code, out } = await tshorn(server, '--dry-run', '--plan', 'overlap');
    expect(code).toBe(0);
    expect(out).toContain('with the plan overlap takes 8 steps; nothing has changed');
    expect(out).toMatch(/step 1\/8 +boot 2 workers of the new generation for slots 0 and 1/);
    expect(out).toMatch(/ready, at least +2 of 2\n +in service, at most +4\n/);
    expect(out).toMatch(/time +about /);
    const json = JSON.parse((await tshorn(server, '--dry-run', '--json')).out);
    expect(json).toMatchObject({ plan: 'rolling', generation: 2, mostProcesses: 4 });
    expect(json.time.bootMs).toBeGreaterThanOrEqual(400);
    if (process.platform === 'linux') expect(json.memory.perWorker).toBeGreaterThan(10_000_000);
    expect(await request(socket, 'GET', '/plan?plan=sudden')).toMatchObject({
      status: 400,
      lines: [{ error: '"plan" is none of rolling, canary, overlap, replace' }],
    });
    expect(server.of('reload-started')).toEqual([]);
  });

  brief('a plan that there is not is refused by name', async () => {
    const server = await start();
    const socket = await socketOf(server);
    expect(await tshorn(server, '--plan', 'sudden')).toMatchObject({
      code: 2,
      errors: 'tshorn: --plan: got "sudden"; expected one of rolling, canary, overlap, replace\n',
    });
    expect((await request(socket, 'POST', '/reload', '{"plan":"sudden"}')).status).toBe(400);
  });
});
