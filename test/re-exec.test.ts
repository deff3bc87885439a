import fs from 'node:fs';
import { pollUntil } from './support/eventually.ts';
import { ask, MixedLoad } from './support/load.ts';
import { brief, cases, thorough, times } from './support/long.ts';
import { PidFileWatch } from './support/pid-file-watch.ts';
import { isAlive } from './support/processes.ts';
import { Releases, waitsFor } from './support/releases.ts';
import { cli, endServers, type ServerOptions, startServer, type TestServer } from './support/server.ts';

let releases: Releases;
beforeEach(() => {
  releases = new Releases().deploy();
});
afterEach(async () => {
  await endServers();
  releases.remove();
});

const pidFile = () => releases.file('tshorn.pid');
const namedMaster = () => Number(fs.readFileSync(pidFile(), 'utf8'));
const start = ({ args = [], ...more }: ServerOptions = {}) =>
  startServer(releases.app, { workers: 2, ...more, args: ['--pid-file', pidFile(), ...args] });
const answers = async ({ port }: TestServer) => expect((await ask({ port }, { path: '/' })).status).toBe(200);
const says = (server: TestServer, words: string) =>
  server.until(words, () => server.lines.find(({ msg }) => msg.includes(words)));

/** Every process that the log has named. */
const everyPid = (server: TestServer) =>
  [
    ...new Set(
      server.lines.flatMap(({ master, pid }) => [master, pid].filter((each) => typeof each === 'number')),
    ),
  ] as number[];
const RELOADS = times('RELOADS', 2, 3);

test('USR2 again and again under mixed load: no request fails, and the PID file never lies', async () => {
  const server = await start();
  const load = new MixedLoad({ port: server.port }).start();
  const watch = new PidFileWatch(pidFile());
  const masters = [server.pid];
  for (let count = 1; count <= RELOADS; count++) {
    await load.flow(40);
    expect(await server.reExec()).toMatchObject({ outcome: 'committed', master: masters.at(-1) });
    masters.push(server.master);
    expect(namedMaster()).toBe(server.master);
  }
  await load.flow(100);
  await load.stop();
  await server.event('stopped', { count: RELOADS });
  watch.stop();
  expect(load.failures).toEqual([]);
  expect(watch.faults).toEqual([]);
  expect(new Set(masters).size).toBe(RELOADS + 1);
  expect([...watch.seen].every((pid) => masters.includes(pid))).toBe(true);
  await pollUntil(() => masters.slice(0, -1).every((pid) => !isAlive(pid)));
  expect(server.readyPids).toHaveLength(2);
  expect(server.of('stopped').every(({ msg }) => msg.includes('exit code 0'))).toBe(true);
  await server.stop();
  expect(fs.existsSync(pidFile())).toBe(false);
  await pollUntil(() => !everyPid(server).some(isAlive));
});

brief(
  'the new master has the environment of the start, and is of what the links lead to now: tshorn, the app and the directory',
  async () => {
    releases.link('tshorn.js', cli);
    const server = await startServer('app.mjs', {
      cwd: releases.file('current'),
      env: { PWD: releases.file('current'), KEPT: 'kept' },
      program: releases.file('tshorn.js'),
    });
    releases.deploy("process.stdout.write('the second release\\n');");
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await server.until('the second release', () => server.output.includes('the second release'));
    // The directory of the first release may go, and the third is found all the same.
    fs.rmSync(releases.file('releases/1'), { recursive: true });
    releases.deploy("process.stdout.write('the third release, ' + process.env.KEPT + '\\n');");
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await server.until('the third release', () => server.output.includes('the third release, kept'));
    await answers(server);
  },
);

const throwing = "throw new Error('the new release is broken');";
const BAD: [string, string, () => void][] = [
  ['an app that throws', 'the new release is broken', () => releases.deploy(throwing)],
  [
    'an app that is never ready',
    '--boot-timeout',
    () => releases.deploy('await new Promise(() => setInterval(() => {}, 1_000));'),
  ],
  ['an app that is not there', 'cannot find', () => releases.link('current', '/no-such-directory')],
  ['a tshorn that is not there', 'tshorn.js is gone', () => releases.link('tshorn.js', '/no-such-file')],
  [
    'a tshorn that cannot be loaded',
    'this tshorn is broken',
    () => {
      fs.writeFileSync(releases.file('broken.mjs'), "throw new Error('this tshorn is broken');");
      releases.link('tshorn.js', releases.file('broken.mjs'));
    },
  ],
];

test.each(cases(BAD, ([name]) => !name.endsWith('not there')))(
  '%s: the old master still serves, says why, and no request fails',
  async (_name, reason, spoil) => {
    releases.link('tshorn.js', cli);
    // Elsewhere a machine that is slow must not be the reason.
    const timeout = reason === '--boot-timeout' ? '8s' : '60s';
    const server = await start({ program: releases.file('tshorn.js'), args: ['--boot-timeout', timeout] });
    const load = new MixedLoad({ port: server.port }).start();
    const watch = new PidFileWatch(pidFile());
    spoil();
    const verdict = await server.reExec();
    await load.flow(50);
    await load.stop();
    expect(verdict).toMatchObject({ outcome: 'failed', master: server.pid });
    expect(verdict.msg).toContain(reason);
    expect(load.failures).toEqual([]);
    expect(watch.stop().faults).toEqual([]);
    expect([...watch.seen]).toEqual([server.pid]);
    expect(server.of('draining').filter(({ master }) => master === server.pid)).toEqual([]);
    // Mended, it goes as if nothing had been.
    releases.link('tshorn.js', cli).deploy();
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  },
);

/** A re-exec that stands still until `go()`. */
async function halfway(options?: ServerOptions) {
  const server = await start(options);
  releases.deploy(waitsFor(releases.file('go')));
  server.signal('SIGUSR2');
  const { pid } = await server.event('re-exec-started');
  await server.until(
    'its workers',
    () => server.of('spawned').filter(({ master }) => master === pid).length === 2,
  );
  return { server, newMaster: pid as number, go: () => fs.writeFileSync(releases.file('go'), '') };
}

thorough('while it is under way, another one, a reload and a change of size are refused', async () => {
  const { server, go } = await halfway();
  server.signal('SIGUSR2');
  await says(server, 're-exec by SIGUSR2 refused: a re-exec is under way');
  server.signal('SIGHUP');
  await says(server, 'reload by SIGHUP refused');
  server.signal('SIGTTIN');
  await says(server, 'scale by SIGTTIN refused');
  go();
  expect(await server.event('re-exec-finished')).toMatchObject({ outcome: 'committed' });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
});

brief('TERM in the middle ends both masters, and leaves nobody', async () => {
  const { server } = await halfway();
  expect(await server.stop('SIGTERM')).toBe(0);
  await pollUntil(() => !everyPid(server).some(isAlive));
  expect(fs.existsSync(pidFile())).toBe(false);
});

brief('the new master is killed in the middle: the old one still serves', async () => {
  const { server, newMaster } = await halfway();
  const load = new MixedLoad({ port: server.port }).start();
  process.kill(newMaster, 'SIGKILL');
  const verdict = await server.event('re-exec-finished');
  expect(verdict).toMatchObject({ outcome: 'failed', master: server.pid });
  expect(verdict.msg).toContain('SIGKILL');
  await load.flow(50);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(namedMaster()).toBe(server.pid);
  const left = server.lines.filter(({ master }) => master === newMaster).map(({ pid }) => pid as number);
  await pollUntil(() => !left.some((pid) => pid && isAlive(pid)));
});

brief(
  'the old master is killed in the middle: the new one takes charge, and no connection is refused',
  async () => {
    const { server, newMaster, go } = await halfway();
    const old = [server.pid, ...server.readyPids];
    process.kill(server.pid, 'SIGKILL');
    expect(await server.event('took-over')).toMatchObject({ master: newMaster });
    expect(namedMaster()).toBe(newMaster);
    // It waits in the queue of the socket that the new master holds.
    const waiting = ask({ port: server.port }, { path: '/' });
    go();
    expect((await waiting).status).toBe(200);
    await pollUntil(() => old.every((pid) => !isAlive(pid)));
    await answers(server);
    expect(server.master).toBe(newMaster);
  },
);

thorough('a unix socket keeps its file, which only the last master removes', async () => {
  const socketPath = releases.file('app.sock');
  const server = await start({ bind: `unix:${socketPath}` });
  const { ino } = fs.statSync(socketPath);
  const load = new MixedLoad({ socketPath }).start();
  for (let count = 1; count <= 2; count++) {
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await server.event('stopped', { count });
  }
  await load.flow(50);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(fs.statSync(socketPath).ino).toBe(ino);
  await server.stop();
  expect(fs.existsSync(socketPath)).toBe(false);
});

thorough('a re-exec that fails leaves a unix socket its file', async () => {
  const socketPath = releases.file('app.sock');
  const server = await start({ bind: `unix:${socketPath}` });
  const { ino } = fs.statSync(socketPath);
  releases.deploy("throw new Error('a broken release');");
  expect(await server.reExec()).toMatchObject({ outcome: 'failed' });
  expect(fs.statSync(socketPath).ino).toBe(ino);
  expect((await ask({ socketPath }, { path: '/', agent: false })).status).toBe(200);
  await server.stop();
  expect(fs.existsSync(socketPath)).toBe(false);
});

brief(
  'the new master listens on what its config asks for: one address stays, one goes, one comes',
  async () => {
    const config = releases.file('tshorn.config.json');
    const [stays, goes, comes] = ['stays', 'goes', 'comes'].map((name) => releases.file(`${name}.sock`)) as [
      string,
      string,
      string,
    ];
    const write = (...paths: string[]) =>
      fs.writeFileSync(config, JSON.stringify({ bind: paths.map((path) => `unix:${path}`), workers: 1 }));
    write(stays, goes);
    const server = await start({ bare: true, args: ['--config', config] });
    const { ino } = fs.statSync(stays);
    write(stays, comes);
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await server.event('stopped');
    expect(fs.statSync(stays).ino).toBe(ino);
    await pollUntil(() => !fs.existsSync(goes));
    for (const socketPath of [stays, comes])
      expect((await ask({ socketPath }, { path: '/' })).status).toBe(200);
  },
);

thorough('a control socket with a path of its own answers at every moment', async () => {
  const control = releases.file('control.sock');
  const server = await start({ args: ['--control', control] });
  const masters: number[] = [];
  const failures: unknown[] = [];
  let asking = true;
  const client = (async () => {
    while (asking) {
      await ask({ socketPath: control }, { path: '/status', agent: false }).then(
        ({ body }) => masters.push((JSON.parse(body) as { pid: number }).pid),
        (error) => failures.push(error),
      );
    }
  })();
  for (let count = 1; count <= 2; count++) {
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await server.event('stopped', { count });
  }
  asking = false;
  await client;
  expect(failures).toEqual([]);
  expect(masters.at(-1)).toBe(server.master);
  await server.stop();
  expect(fs.existsSync(control)).toBe(false);
});

thorough('workers do not see the variable that carried the listeners', async () => {
  const server = await start();
  releases.deploy(
    "process.stdout.write('internal: ' + Object.keys(process.env).filter((name) => /INTERNAL/.test(name)) + '\\n');",
  );
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.until('both lines', () => server.output.length >= 2 * 'internal: \n'.length);
  expect(server.output).toBe('internal: \n'.repeat(2));
});
