/** The commands that speak to a master over its control socket, with real processes. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, type Ended, socketOf } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, cases, thorough } from './support/long.ts';
import { fixture, startServer, TestServer } from './support/server.ts';

const APP = fixture('status-from-file.mjs');
let env: Record<string, string>;
const statusFile = () => path.join(directory, 'status');

ownDirectory();
beforeEach(() => {
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory, STATUS_FILE: statusFile() };
  fs.writeFileSync(statusFile(), '200');
});

const start = (workers = 1, ...args: string[]) => startServer(APP, { workers, args, env });
const tshorn = (...args: string[]): Promise<Ended> => new Command(args, env).ended;
const begin = (...args: string[]): Command => new Command(args, env);

describe('the commands', () => {
  // Other masters of this user may run on the machine: nothing here may depend on being the only one.
  beforeEach(() => {
    env.TSHORN_CONTROL = path.join(directory, 'control.sock');
  });

  brief('tshorn reload shows the steps and ends with 0', async () => {
    await socketOf(await start(2));
    const { code, out } = await tshorn('reload');
    expect(code).toBe(0);
    expect(out).toMatch(/step 2\/11 ready worker=0 gen=2 pid=\d+/);
    expect(out).toMatch(/reload to gen=2 committed: 2 workers replaced in .*\n$/);
  });

  brief('a broken release ends it with 1 and the reason', async () => {
    delete env.TSHORN_CONTROL;
    const server = await start(2);
    await socketOf(server);
    fs.writeFileSync(statusFile(), '500');
    const { code, errors } = await tshorn('reload', String(server.pid));
    expect(code).toBe(1);
    expect(errors).toMatch(/^tshorn: reload to gen=2 .*500/);
    expect((await tshorn('status', String(server.pid))).out).toContain('500');
  });

  thorough('it shows what the failing worker had written last', async () => {
    const server = await start(2);
    await socketOf(server);
    fs.writeFileSync(statusFile(), '500 the cache is cold');
    const { code, errors } = await tshorn('reload');
    expect(code).toBe(1);
    expect(errors).toMatch(/^tshorn: reload to gen=2 rolled back .*\n( {2}\| the cache is cold\n){3}$/);
    expect(server.output).toContain('the cache is cold');
    expect(server.of('broken')[0]?.lastLines).toContain('the cache is cold');
  });

  brief('--json passes the events on, --no-wait does not wait', async () => {
    const server = await start();
    await socketOf(server);
    const { code, out } = await tshorn('reload', '--json');
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: 'reload-finished', outcome: 'committed' });
    const from = server.lines.length;
    expect(await tshorn('reload', '--no-wait')).toMatchObject({ code: 0, errors: '' });
    expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'committed' });
  });

  thorough('two at once both get their verdict', async () => {
    await socketOf(await start(2));
    const both = await Promise.all([tshorn('reload'), tshorn('reload')]);
    for (const { code, out } of both) {
      expect(code).toBe(0);
      expect(out).toContain('committed');
    }
  });

  test.each(cases(['SIGINT', 'SIGKILL'] as const, (signal) => signal === 'SIGKILL'))(
    '%s to the command leaves the reload to go on',
    async (signal) => {
      const server = await start(2);
      await socketOf(server);
      const command = begin('reload');
      await command.speaks;
      command.process.kill(signal);
      const { code, errors } = await command.ended;
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(errors).toContain('the reload continues');
      }
      expect(await server.event('reload-finished')).toMatchObject({ outcome: 'committed', replaced: 2 });
    },
  );

  brief('a master that is killed in the middle ends it with 2', async () => {
    const server = await start(2, '--soak', '20s');
    await socketOf(server);
    const command = begin('reload');
    await command.speaks;
    await server.stop('SIGKILL');
    const { code, errors } = await command.ended;
    expect(code).toBe(2);
    expect(errors).toContain('the master ended during the reload');
  });

  thorough('a silent reload is waited for, a master that hangs is given up after 5 s', async () => {
    const server = await start(1, '--soak', '6s');
    await socketOf(server);
    const reload = begin('reload');
    const hung = await start(1, '--control', path.join(directory, 'hung.sock'));
    const socket = await socketOf(hung);
    hung.signal('SIGSTOP');
    const asked = await Promise.all(
      [['status'], ['scale', '2'], ['reload']].map((words) => tshorn(...words, '--control', socket)),
    );
    hung.signal('SIGCONT');
    for (const { code, errors } of asked) {
      expect([code, errors]).toEqual([2, expect.stringContaining(`${socket}: no answer within 5 s`)]);
    }
    expect(await reload.ended).toMatchObject({ code: 0, out: expect.stringContaining('committed') });
  });

  brief('tshorn status is a table, and JSON', async () => {
    const server = await start(2);
    await socketOf(server);
    const { code, out } = await tshorn('status');
    expect(code).toBe(0);
    expect(out).toContain(`master ${server.pid}  running  generation 1`);
    expect(out).toMatch(
      /^WORKER +GEN +PID +STATE +UPTIME +CONNECTIONS +REQUESTS +MEMORY\n +0 +1 +\d+ +ready/m,
    );
    expect(JSON.parse((await tshorn('status', '--json')).out)).toMatchObject({ pid: server.pid, size: 2 });
    const requests = async () => {
      const { workers } = JSON.parse((await tshorn('status', '--json')).out);
      return workers.reduce((sum: number, worker: { requests?: number }) => sum + (worker.requests ?? 0), 0);
    };
    await fetch(server.origin);
    // The next heartbeat brings it.
    while ((await requests()) === 0) await sleep(100);
  });

  brief('tshorn scale reaches the number, up and down', async () => {
    const server = await start(2);
    await socketOf(server);
    expect(await tshorn('scale', '3')).toMatchObject({ code: 0, out: 'workers: 2 -> 3\n' });
    expect(server.readyPids).toHaveLength(3);
    expect(await tshorn('scale', '-1')).toMatchObject({ code: 0, out: 'workers: 3 -> 2\n' });
    expect(await tshorn('scale', '+1')).toMatchObject({
      code: 0,
      out: 'workers: 2 -> 3\n',
    });
    expect(await tshorn('scale', '3', '--json')).toMatchObject({ code: 0, out: '{"from":3,"to":3}\n' });
    fs.writeFileSync(statusFile(), '500');
    const failed = await tshorn('scale', '4');
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.errors).toContain('given up');
    expect(await tshorn('scale', 'many')).toMatchObject({ code: 2 });
    expect(await tshorn('scale', '-10')).toMatchObject({ code: 1 });
    const auto = await tshorn('scale', 'auto', String(server.pid), '--no-wait');
    expect(auto.out).toMatch(/following the load in \d+\.\.auto/);
  });

  test.each(cases([[[]], [['--quick']], [['--now']]], ([flags]) => flags?.length === 0))(
    'tshorn stop %j waits for the end',
    async (flags) => {
      const server = await start();
      await socketOf(server);
      const { code, out } = await tshorn('stop', ...flags);
      expect(code).toBe(0);
      expect(out).toContain('stopped: exit code 0');
      expect(await server.exited).toBe(0);
    },
  );

  thorough('which master is meant: a pid file or TSHORN_CONTROL; of several they are listed', async () => {
    const pidFile = path.join(directory, 'pid');
    delete env.TSHORN_CONTROL;
    const one = await start();
    fs.writeFileSync(pidFile, `${one.pid}\n`);
    const socket = await socketOf(one);
    expect((await tshorn('status', '--pid-file', pidFile)).code).toBe(0);
    // cron has no variable that says where the socket lies.
    const cron = { ...env, XDG_RUNTIME_DIR: undefined, TMPDIR: undefined };
    expect(await new Command(['status', '--pid-file', pidFile], cron).ended).toMatchObject({ code: 0 });
    const two = await start();
    await socketOf(two);
    const several = await tshorn('reload');
    expect(several.code).toBe(2);
    for (const { pid } of [one, two]) expect(several.errors).toContain(`  | ${pid}  ${fs.realpathSync(APP)}`);
    const list = await tshorn('status');
    expect(list).toMatchObject({ code: 0, errors: '' });
    for (const { pid } of [one, two]) expect(list.out).toMatch(new RegExp(`${pid} +running +1 of 1 +127`));
    const { out } = await tshorn('status', '--json');
    const pids = (JSON.parse(out) as { pid: number }[]).map(({ pid }) => pid);
    expect(pids).toEqual(expect.arrayContaining([one.pid, two.pid]));
    env.TSHORN_CONTROL = socket;
    expect((await tshorn('status')).out).toContain(`master ${one.pid}`);
    expect(await tshorn('status', '1')).toMatchObject({ code: 2 });
    await one.stop();
    expect(await tshorn('reload')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no such socket'),
    });
  });

  brief('a file of a command name is served when it is written as a path', async () => {
    fs.copyFileSync(fixture('says-hello.mjs'), path.join(directory, 'reload.mjs'));
    const server = new TestServer('./reload.mjs', { cwd: directory, env });
    await server.started();
    expect((await fetch(server.origin)).status).toBe(200);
    for (const name of ['reload', 'status', 'scale', 'stop']) {
      const { code, out } = await tshorn(name, '--help');
      expect([code, out]).toEqual([0, expect.stringContaining(`Usage: tshorn ${name}`)]);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });
});
