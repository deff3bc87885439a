/**
 * Whatever fails in a re-exec leaves the old master fully active: it reloads, scales, hands over at the next USR2, and
 * stops. That is the promise, so that one server serves for all cases of the table.
 */
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { pollUntil } from './support/eventually.ts';
import { ask } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { isAlive } from './support/processes.ts';
import { Releases, waitsFor } from './support/releases.ts';
import { cli, endServers, fixture, startServer, type TestServer } from './support/server.ts';

/** A server whose tshorn, app, config, and directory of PID file and control socket are links or files to spoil. */
class Scene {
  readonly releases = new Releases();
  server!: TestServer;

  async start(): Promise<this> {
    fs.copyFileSync(fixture('fails-as-new-master.mjs'), this.file('fails.mjs'));
    this.mend();
    this.server = await startServer(this.releases.app, {
      program: this.file('tshorn.js'),
      bare: true,
      args: ['--config', this.file('tshorn.config.mjs'), '--grace', '1s', ...this.paths],
    });
    return this;
  }

  get paths(): string[] {
    return ['--pid-file', this.file('run/tshorn.pid'), '--control', this.file('run/control.sock')];
  }

  file(name: string): string {
    return this.releases.file(name);
  }

  config(text: string): void {
    fs.writeFileSync(this.file('tshorn.config.mjs'), `export default { ${text} };\n`);
  }

  /** The new master gets this fixture as its app. */
  app(name: string): void {
    fs.mkdirSync(this.file('releases/bad'), { recursive: true });
    fs.copyFileSync(fixture(name), this.file('releases/bad/app.mjs'));
    this.releases.link('current', this.file('releases/bad'));
  }

  /** The new master is a program that fails in this way. */
  fake(how: string): void {
    fs.writeFileSync(this.file('how'), how);
    this.releases.link('tshorn.js', this.file('fails.mjs'));
  }

  mend(): void {
    fs.mkdirSync(this.file('run-1'), { recursive: true });
    this.releases.deploy().link('tshorn.js', cli).link('run', this.file('run-1'));
    if (fs.existsSync(this.file('run/aside'))) {
      fs.rmdirSync(this.file('run/control.sock'));
      fs.renameSync(this.file('run/aside'), this.file('run/control.sock'));
    }
    this.config("bind: '127.0.0.1:0', workers: 1");
  }

  async stayedActive(): Promise<void> {
    const { server } = this;
    this.mend();
    expect(await server.reload()).toMatchObject({ outcome: 'committed', master: server.pid });
    const from = server.lines.length;
    server.signal('SIGTTIN');
    await server.event('resized', { from });
    server.signal('SIGTTOU');
    await server.event('resized', { from, count: 2 });
    // The scale is over, and the next re-exec is not refused, when the worker has gone.
    await server.event('exited', { from });
    expect(fs.readFileSync(this.file('run/tshorn.pid'), 'utf8')).toBe(`${server.pid}\n`);
    const { body } = await ask(
      { socketPath: this.file('run/control.sock') },
      { path: '/status', agent: false },
    );
    expect(JSON.parse(body)).toMatchObject({ pid: server.pid, state: 'running', size: 1 });
    expect((await ask({ port: server.port }, { path: '/', agent: false })).status).toBe(200);
    // Not even a worker of the new master is left.
    const others = server.lines.filter(({ master, pid }) => master !== server.pid && typeof pid === 'number');
    await pollUntil(
      () => !others.some(({ pid, master }) => isAlive(pid as number) || isAlive(master as number)),
    );
  }

  async end(): Promise<void> {
    await this.server.end();
    this.releases.remove();
  }
}

let scene: Scene;
let isIntact = false;
const other = net.createServer();
let occupied: number;
beforeAll(async () => {
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  ({ port: occupied } = other.address() as net.AddressInfo);
});
beforeEach(async () => {
  if (isIntact) return;
  if (scene) await scene.end();
  scene = await new Scene().start();
});
afterAll(async () => {
  other.close();
  await endServers();
  scene.releases.remove();
});

const hook = (text: string) => `bind: '127.0.0.1:0', workers: 1, hooks: { ${text} }`;

/** How the new master fails, how that is brought about, and the reason in the verdict. */
const CASES: [string, (scene: Scene) => void, string | RegExp][] = [
  [
    'is gone from the disk',
    ({ releases }) => releases.link('tshorn.js', '/no-such-file'),
    'tshorn.js is gone',
  ],
  [
    'cannot be loaded',
    (scene) => {
      fs.writeFileSync(scene.file('broken.mjs'), "throw new Error('this tshorn is broken');");
      scene.releases.link('tshorn.js', scene.file('broken.mjs'));
    },
    'this tshorn is broken',
  ],
  ['exits at once', (scene) => scene.fake('exits-at-once'), /code 7\nthis program cannot be loaded/],
  ['exits at once, with code 0', (scene) => scene.fake('exits-in-silence'), 'code 0'],
  ['is killed at once', (scene) => scene.fake('is-killed-at-once'), 'SIGKILL'],
  ['exits after its hello', (scene) => scene.fake('exits-after-hello'), 'code 3'],
  ['is killed while it takes over', (scene) => scene.fake('is-killed-when-told'), 'SIGKILL'],
  ['exits while it takes over', (scene) => scene.fake('exits-when-told'), 'code 5'],
  ['finds the disk full while it takes over', (scene) => scene.fake('fails-when-told'), 'no space left'],
  ['says garbage', (scene) => scene.fake('says-garbage'), 'code 4'],
  ['speaks another version', (scene) => scene.fake('speaks-another-version'), 'code 6'],
  ['takes over before it is told to', (scene) => scene.fake('takes-over-untold'), 'before it was told to'],
  ['closes the channel and exits', (scene) => scene.fake('closes-the-channel-and-exits'), 'code 8'],
  [
    'closes the channel and lives',
    (scene) => scene.fake('closes-the-channel-and-lives'),
    'closed the channel',
  ],
  [
    'cannot read the listeners of this version',
    (scene) => {
      const change =
        "process.env.TSHORN_INTERNAL_LISTENERS = process.env.TSHORN_INTERNAL_LISTENERS.replace('1', '99');";
      fs.writeFileSync(scene.file('newer.mjs'), `${change}\nawait import(${JSON.stringify(cli)});`);
      scene.releases.link('tshorn.js', scene.file('newer.mjs'));
    },
    'cannot take over from',
  ],
  ['has a config that throws', (scene) => scene.config('...fail()'), 'fail is not defined'],
  ['has an option that does not exist', (scene) => scene.config('wrokers: 1'), 'wrokers'],
  ['has an app that is not there', ({ releases }) => releases.link('current', '/no-such'), 'cannot find'],
  ['has an app that throws', ({ releases }) => releases.deploy("throw new Error('bad app');"), 'bad app'],
  [
    'has an app that is never ready',
    (scene) => {
      scene.releases.deploy('await new Promise(() => setInterval(() => {}, 1_000));');
      scene.config("bind: '127.0.0.1:0', workers: 1, bootTimeout: '1s'");
    },
    '--boot-timeout',
  ],
  [
    'has an app whose probe fails',
    (scene) => {
      scene.app('status-500.mjs');
      scene.config("bind: '127.0.0.1:0', workers: 1, probeAttempts: 1, bootTimeout: '8s'");
    },
    '500',
  ],
  ['has an app with a syntax error', (scene) => scene.app('syntax-error.mjs'), /syntax/i],
  [
    'finds an address in use',
    (scene) => scene.config(`bind: ['127.0.0.1:0', '127.0.0.1:${occupied}'], workers: 1`),
    'in use',
  ],
  [
    'cannot write its log file',
    (scene) => scene.config("bind: '127.0.0.1:0', workers: 1, logFile: '/no-such-directory/log'"),
    'cannot write',
  ],
  [
    'is killed while its workers boot',
    (scene) => {
      scene.releases.deploy('process.kill(process.ppid, "SIGKILL");');
    },
    'SIGKILL',
  ],
  [
    'closes the channel in a hook',
    (scene) => scene.config(hook(`onStarting() { process.disconnect(); }`)),
    'closed the channel',
  ],
  ['exits in a hook', (scene) => scene.config(hook(`onStarting() { process.exit(11); }`)), 'code 11'],
  ['cannot write the PID file', ({ releases }) => releases.link('run', '/no-such-directory'), 'cannot write'],
  ['finds its directory read-only', ({ releases }) => releases.link('run', '/proc'), 'cannot write'],
  [
    'cannot take the control socket',
    (scene) => {
      fs.renameSync(scene.file('run/control.sock'), scene.file('run/aside'));
      fs.mkdirSync(scene.file('run/control.sock'));
    },
    'control socket cannot be taken over',
  ],
];

describe('the old master stays fully active when the new one', () => {
  test.each(cases(CASES, (one) => CASES.indexOf(one) % 5 === 0))('%s', async (_what, spoil, reason) => {
    isIntact = false;
    spoil(scene);
    const verdict = await scene.server.reExec();
    expect(verdict).toMatchObject({ outcome: 'failed', master: scene.server.pid });
    expect(verdict.reason).toMatch(reason);
    await scene.stayedActive();
    isIntact = true;
  });

  test('and after all of that, it hands over, and it stops', async () => {
    isIntact = false;
    const { server } = scene;
    expect(await server.reExec()).toMatchObject({ outcome: 'committed', master: server.pid });
    expect(server.of('stray-error')).toEqual([]);
    expect(await server.stop()).toBe(0);
    expect(fs.readdirSync(scene.file('run'))).toEqual([]);
  });
});

brief('TERM ends a master whose PID file and control socket cannot be reclaimed', async () => {
  scene.releases.link('run', '/no-such-directory');
  expect(await scene.server.reExec()).toMatchObject({ outcome: 'failed' });
  expect(scene.server.of('not-reclaimed').map(({ msg }) => msg)).toContainEqual(
    expect.stringContaining('without its PID file'),
  );
  expect(await scene.server.stop()).toBe(0);
});

brief(
  'the old master is killed, and the PID file cannot be written: the only master left still serves',
  async () => {
    const { server } = scene;
    const go = scene.file('go');
    scene.releases.deploy(waitsFor(go));
    server.signal('SIGUSR2');
    await server.event('re-exec-started');
    await server.until('its worker', () => server.of('spawned').some(({ master }) => master !== server.pid));
    scene.releases.link('run', '/no-such-directory');
    process.kill(server.pid, 'SIGKILL');
    await server.event('took-over');
    fs.writeFileSync(go, '');
    expect((await ask({ port: server.port }, { path: '/', agent: false })).status).toBe(200);
    expect(await server.reload()).toMatchObject({ outcome: 'committed', master: server.master });
  },
);

/** Each of them takes some deadlines to the end, so that they wait side by side. */
const HANGS: [how: string, reason: string][] = [
  ['hangs-at-once', 'not ready within 14 s'],
  ['hangs-when-told', 'did not take over'],
  ['hangs-without-a-channel', 'closed the channel'],
];

thorough('a new master that hangs is killed in time, and the old one stays fully active', async () => {
  const outcomes = HANGS.map(async ([how, reason]) => {
    const one = await new Scene().start();
    one.config("bind: '127.0.0.1:0', workers: 1, bootTimeout: '4s'");
    expect(await one.server.reload()).toMatchObject({ outcome: 'committed' });
    one.fake(how);
    one.server.signal('SIGUSR2');
    const verdict = await one.server.until(how, () => one.server.of('re-exec-finished')[0], 50_000);
    expect(verdict).toMatchObject({ outcome: 'failed', reason: expect.stringContaining(reason) });
    await one.stayedActive();
    expect(await one.server.stop()).toBe(0);
    one.releases.remove();
  });
  await Promise.all(outcomes);
});
