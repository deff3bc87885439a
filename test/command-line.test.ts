/** The answers of `tshorn` to words that are typed, in real processes. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command, socketOf } from './support/control.ts';
import { run } from './support/run.ts';
import { cli, endServers, fixture, startServer } from './support/server.ts';

const APP = fixture('says-hello.mjs');
const dist = path.dirname(fs.realpathSync(cli));

let directory: string;
let env: Record<string, string>;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory };
});
afterEach(async () => {
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

const ended = (...args: string[]) => new Command(args, env).ended;

test('--help, help NAME and NAME --help print help, in English', async () => {
  env.LANG = 'de_DE.UTF-8';
  env.LC_ALL = 'de_DE.UTF-8';
  const { code, out } = await ended('app.js', '--wokers', '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/^Usage: tshorn APP\[:NAME\] \[options\]/);
  expect(out).toContain('-w, --workers N');
  const byName = await ended('help', 'reload');
  expect(byName).toEqual(await ended('reload', '-h'));
  expect(byName.out).toMatch(/^Usage: tshorn reload \[PID\]/);
});

test.each(['--help', 'reload --help', 'app.js --print-config'])(
  'a reader that leaves early is no error: tshorn %s | head -1',
  async (line) => {
    fs.writeFileSync(path.join(directory, 'app.js'), '');
    const script = `set -o pipefail; '${process.execPath}' '${cli}' ${line} | head -1`;
    const options = { cwd: directory, env: { ...process.env, ...env } };
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], options);
    expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
  },
);

test('a near word is named: of commands, options, values, variables and node_modules', async () => {
  const bin = path.join(directory, 'node_modules/.bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(path.join(bin, 'next'), '');
  const said = async (...args: string[]) => run(args, { cwd: directory, env });
  expect(await said('relaod')).toEqual({
    code: 4,
    text: expect.stringContaining('did you mean tshorn reload?'),
  });
  expect(await said('nxt', '--', 'start')).toEqual({
    code: 4,
    text: expect.stringMatching(/did you mean next\?\n {2}fix: type: tshorn next -- start/),
  });
  expect(await said('reload', '--plan', 'canry')).toEqual({
    code: 2,
    text: expect.stringContaining('expected one of rolling, canary, overlap, replace; did you mean canary?'),
  });
  expect(await said('check', 'a.js', '--wokers', '2')).toEqual({
    code: 2,
    text: expect.stringContaining('did you mean --workers?'),
  });
  env.TSHORN_WOKERS = '2';
  expect((await said('check', APP)).text).toContain('did you mean TSHORN_WORKERS?');
});

test('a pid that is no master is told apart', async () => {
  const server = await startServer(APP, { env });
  await socketOf(server);
  const worker = server.pidOf(0);
  const errors = async (pid: number) => {
    const { code, errors } = await ended('status', String(pid));
    expect(code).toBe(2);
    return errors;
  };
  expect(await errors(worker)).toContain(`${worker} is a worker of the master ${server.pid}`);
  expect(await errors(process.pid)).toContain(`process ${process.pid} (`);
  expect(await ended('scale', '0')).toMatchObject({
    code: 2,
    errors: expect.stringContaining('tshorn stop'),
  });
});

/** Words of libraries and packages that only commands may load; each stands in a file of dist. */
const OF_COMMANDS = {
  yargs: 'showHelpOnFail',
  undici: 'UND_ERR_',
  setup: 'exp_backoff_restart_delay',
  doctor: 'end of life',
};

test('a server loads neither yargs nor undici, neither setup nor doctor', async () => {
  const marked = (files: readonly string[]) =>
    Object.entries(OF_COMMANDS).filter(([, word]) =>
      files.some((file) => fs.readFileSync(file, 'utf8').includes(word)),
    );
  const loadedBy = (coverage: string): string[] => {
    const reports = fs
      .readdirSync(coverage)
      .map((name) => fs.readFileSync(path.join(coverage, name), 'utf8'));
    const urls = reports.flatMap((report) =>
      JSON.parse(report).result.map(({ url }: { url: string }) => url),
    );
    const files = urls.map((url) => (url.startsWith('file:') ? fileURLToPath(url) : url));
    return [...new Set(files.filter((file) => file.startsWith(dist)))];
  };
  const all = fs.readdirSync(dist).filter((name) => name.endsWith('.js'));
  expect(marked(all.map((name) => path.join(dist, name)))).toHaveLength(4);

  const ofServer = path.join(directory, 'server');
  const server = await startServer(APP, { workers: 2, env: { ...env, NODE_V8_COVERAGE: ofServer } });
  await socketOf(server);
  process.kill(server.pid, 'SIGHUP');
  await server.event('reload-finished');
  const ofStatus = path.join(directory, 'status');
  await new Command(['status', String(server.pid)], { ...env, NODE_V8_COVERAGE: ofStatus }).ended;
  await server.stop();
  const loaded = loadedBy(ofServer);
  const starts = ['cli-start.js', 'worker-start.js'].map((name) => path.join(dist, name));
  expect(loaded).toEqual(expect.arrayContaining(starts));
  expect(marked(loaded)).toEqual([]);
  expect(marked(loadedBy(ofStatus)).map(([name]) => name)).toEqual(['yargs', 'undici']);
});
