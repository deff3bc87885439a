/** A real PM2 and tshorn run the same ecosystem file: each process of an app answers alike. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/free-ports.ts';
import { ask } from '../support/load.ts';
import { cli, endServers, fixture, startServer } from '../support/server.ts';
import { CACHE, npm } from './harness/install.ts';

const isChosen =
  (process.env.REAL_PACKAGES ?? '') === '' || process.env.REAL_PACKAGES?.split(' ').includes('pm2');
const WITHIN_MS = 5 * 60_000;

/** Instances of each app. */
const APPS = { cluster: 2, renamed: 2, script: 1, npm: 1 };
type Name = keyof typeof APPS;
const NAMES = Object.keys(APPS) as Name[];

let directory: string;
let pm2: string;
let ports: Record<Name, number>;

beforeAll(async () => {
  if (!isChosen) return;
  pm2 = installPm2();
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  fs.cpSync(fixture('ecosystem'), directory, { recursive: true });
  // Its npm start needs cross-env, which is not installed.
  const manifest = path.join(directory, 'web/package.json');
  fs.writeFileSync(manifest, fs.readFileSync(manifest, 'utf8').replace('cross-env ', ''));
  const found = await freePorts(NAMES.length);
  ports = Object.fromEntries(NAMES.map((name, at) => [name, found[at]])) as Record<Name, number>;
  fs.writeFileSync(
    path.join(directory, 'ecosystem.config.js'),
    `module.exports = ${JSON.stringify(ecosystem())};`,
  );
}, WITHIN_MS);

afterEach(endServers);
afterAll(() => {
  if (!isChosen) return;
  run(pm2, ['kill']);
  fs.rmSync(directory, { recursive: true });
});

const ecosystem = () => ({
  apps: [
    {
      name: 'cluster',
      script: './server.js',
      args: '--verbose --title "two words"',
      instances: 2,
      exec_mode: 'cluster',
      wait_ready: true,
      listen_timeout: 20_000,
      env: { NODE_ENV: 'development', PORT: ports.cluster, APP_OBJECT: { a: 1 }, APP_YES: true },
      env_production: { NODE_ENV: 'production', APP_LEVEL: 'warn' },
    },
    {
      name: 'renamed',
      script: 'server.js',
      instances: '2',
      instance_var: 'INSTANCE_ID',
      increment_var: 'METRICS_PORT',
      port: ports.renamed,
      env: { METRICS_PORT: 9100 },
    },
    { name: 'script', script: 'web/app.js', args: ['--one', 'two words'], port: ports.script, env: {} },
    { name: 'npm', script: 'npm', args: 'start -- --extra', cwd: 'web', env: { PORT: ports.npm } },
  ],
});

function installPm2(): string {
  const source = path.join(__dirname, 'pm2/package.json');
  const version = JSON.parse(fs.readFileSync(source, 'utf8')).dependencies.pm2;
  const folder = path.join(CACHE, `pm2-${version}`);
  const bin = path.join(folder, 'node_modules/.bin/pm2');
  if (!fs.existsSync(bin)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(source, path.join(folder, 'package.json'));
    npm(folder, ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund']);
  }
  return bin;
}

function run(file: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], {
    cwd: directory,
    encoding: 'utf8',
    timeout: WITHIN_MS,
    // Jest sets NODE_ENV.
    env: { ...process.env, NODE_ENV: undefined, PORT: undefined, PM2_HOME: path.join(directory, '.pm2') },
  });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** `pm2 start` does not wait for an app that listens, except with wait_ready. */
async function listening(name: Name): Promise<void> {
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    try {
      await ask({ port: ports[name] }, { path: '/', agent: false });
      return;
    } catch (error) {
      if (Date.now() > end)
        throw new Error(`${name}: ${error}\n${run(pm2, ['logs', '--nostream', '--lines', '40'])}`);
    }
  }
}

/** The answers of all processes of an app, in their order. */
async function answersOf(name: Name): Promise<string[]> {
  const seen = new Set<string>();
  for (let tries = 0; seen.size < APPS[name] && tries < 500; tries++) {
    const burst = Array.from({ length: 8 }, () => ask({ port: ports[name] }, { path: '/', agent: false }));
    for (const { body } of await Promise.all(burst)) seen.add(toldBy(body));
  }
  return [...seen].sort();
}

/**
 * Options of Node come by execArgv there, and by NODE_OPTIONS here; PM2 leaves the usual variable out where it is renamed,
 * and argv[1] is a file of its own there.
 */
function toldBy(body: string): string {
  const { flags, file, env, ...rest } = JSON.parse(body);
  const { NODE_OPTIONS, NODE_APP_INSTANCE, ...shown } = env;
  const instance = shown.INSTANCE_ID ?? NODE_APP_INSTANCE;
  const sorted = Object.fromEntries(Object.entries(shown).sort());
  return JSON.stringify({ instance, ...rest, env: sorted }, null, 2);
}

(isChosen ? test : test.skip)(
  'each app has the arguments, the environment, the port and the numbers of its instances in both',
  async () => {
    run(pm2, ['start', 'ecosystem.config.js', '--env', 'production']);
    const byPm2 = new Map<Name, string[]>();
    for (const name of NAMES) {
      await listening(name);
      byPm2.set(name, await answersOf(name));
    }
    run(pm2, ['kill']);

    const report = JSON.parse(run(cli, ['import', '--env', 'production', '--json']));
    expect(report.apps.map(({ name }: { name: string }) => name)).toEqual(NAMES);
    for (const { name, file } of report.apps as { name: Name; file: string }[]) {
      // The port is that of the config file.
      const server = await startServer('--boot-nice=0', {
        bare: true,
        cwd: directory,
        args: ['--config', file],
        env: { NODE_ENV: undefined },
      });
      const answers = await answersOf(name);
      expect({ name, answers }).toEqual({ name, answers: byPm2.get(name) });
      expect(answers).toHaveLength(APPS[name]);
      await server.end();
    }
  },
  WITHIN_MS,
);
