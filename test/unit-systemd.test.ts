/** The units of `tshorn unit` under a real systemd, in namespaces of its own. Long: it copies a machine. */
import fs from 'node:fs';
import path from 'node:path';
import { assignment, commandLine, restOfLine } from '../packages/setup/src/unit/quote.ts';
import { ask } from './support/load.ts';
import { isLong } from './support/long.ts';
import { Random } from './support/random.ts';
import { canBoot, RealSystemd } from './support/real-systemd.ts';
import { root } from './support/server.ts';

const PORT = 18_471;
const LOW_PORT = 841;
const APP = `export default (request, response) =>
  response.end(JSON.stringify({ pid: process.pid, uid: process.getuid(), env: process.env.NODE_ENV, key: process.env.KEY }));
`;

let systemd: RealSystemd;
let shared: string;
/** Seen inside under the same path; a service reads it as any user does. */
beforeAll(async () => {
  if (!isLong || !canBoot) return;
  shared = fs.mkdtempSync('/srv/tshorn-');
  fs.chmodSync(shared, 0o755);
  fs.cpSync(path.join(root, 'packages/tshorn/dist'), path.join(shared, 'tshorn/dist'), { recursive: true });
  fs.copyFileSync(path.join(root, 'packages/tshorn/package.json'), path.join(shared, 'tshorn/package.json'));
  systemd = new RealSystemd(shared);
  await systemd.booted();
  await systemd.run('ln', '-s', path.join(shared, 'tshorn/dist/cli.js'), '/usr/local/bin/tshorn');
  expect((await systemd.run('useradd', '--no-create-home', 'shopkeeper')).code).toBe(0);
});
afterAll(async () => {
  await systemd?.end();
  if (shared) fs.rmSync(shared, { recursive: true });
});

const real = isLong && canBoot ? test : test.skip;

async function install(name: string, ...args: readonly string[]): Promise<void> {
  const directory = path.join(shared, name);
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name, type: 'module' }));
  fs.writeFileSync(path.join(directory, 'app.js'), APP);
  const made = await systemd.run(
    'env',
    '-C',
    directory,
    // The Node that runs this test.
    `PATH=${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    'tshorn',
    'unit',
    'app.js',
    '-w',
    '2',
    ...args,
    '--write',
    '/etc/systemd/system',
  );
  expect(made.code).toBe(0);
  // The app reads it; the unit takes it from this file, where the file is there.
  expect(made.text.match(/warning: .*/g)).toEqual([
    `warning: the service needs KEY, which the code reads: put it into /etc/${name}.env`,
  ]);
  expect((await systemd.run('systemctl', 'daemon-reload')).code).toBe(0);
}

const answer = async (port: number) =>
  JSON.parse((await ask({ port }, { path: '/', agent: false })).body) as {
    pid: number;
    uid: number;
    env: string;
    key?: string;
  };

const show = async (name: string, property: string): Promise<string> =>
  (await systemd.run('systemctl', 'show', name, '--value', '-p', property)).text.trim();

real('the service starts, reloads, refuses a bad release, and is asked by its commands', async () => {
  await install('shop', '--bind', `127.0.0.1:${PORT}`, '--user', 'shopkeeper', '--grace', '5');
  expect(await systemd.run('systemctl', 'start', 'shop')).toEqual({ code: 0, text: '' });
  expect(await show('shop', 'StatusText')).toMatch(/^started: 2 workers ready/);
  const first = await answer(PORT);
  expect(first).toMatchObject({
    uid: Number((await systemd.run('id', '-u', 'shopkeeper')).text),
    env: 'production',
  });

  expect(await systemd.run('systemctl', 'reload', 'shop')).toEqual({ code: 0, text: '' });
  expect(await show('shop', 'StatusText')).toMatch(/^reload to gen=2 committed/);
  expect((await answer(PORT)).pid).not.toBe(first.pid);

  fs.writeFileSync(path.join(shared, 'shop/app.js'), 'not JavaScript');
  const version = Number(/^systemd (\d+)/.exec((await systemd.run('systemctl', '--version')).text)?.[1]);
  expect(await show('shop', 'Type')).toBe(version < 253 ? 'notify' : 'notify-reload');
  // The protocol of notify-reload has no word for a failure.
  const tells = version < 253;
  expect((await systemd.run('systemctl', 'reload', 'shop')).code).toBe(tells ? 1 : 0);
  expect(await show('shop', 'ActiveState')).toBe('active');
  expect(await show('shop', 'StatusText')).toMatch(/rolled back/);
  await answer(PORT);
  fs.writeFileSync(path.join(shared, 'shop/app.js'), APP);

  for (const which of [[], [await show('shop', 'MainPID')]]) {
    const { code, text } = await systemd.run('tshorn', 'status', ...which);
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringContaining('/run/tshorn/shop/control.sock'),
    });
  }
  expect((await systemd.run('tshorn', 'reload')).code).toBe(0);

  expect((await systemd.run('systemctl', 'stop', 'shop')).code).toBe(0);
  expect(await show('shop', 'Result')).toBe('success');
});

real(
  'a client that connects while the service is restarted is answered, for a user that systemd makes',
  async () => {
    await install('till', '--bind', `127.0.0.1:${PORT + 1}`, '--socket');
    expect(await systemd.run('systemctl', 'start', 'till.socket', 'till.service')).toEqual({
      code: 0,
      text: '',
    });
    const first = await answer(PORT + 1);
    let asks = true;
    let asked = 0;
    const asking = (async () => {
      for (; asks; asked++) await answer(PORT + 1);
    })();
    expect((await systemd.run('systemctl', 'restart', 'till')).code).toBe(0);
    asks = false;
    await asking;
    expect((await answer(PORT + 1)).pid).not.toBe(first.pid);
    expect(asked).toBeGreaterThan(0);
    expect(await systemd.run('tshorn', 'status')).toMatchObject({
      code: 0,
      text: expect.stringContaining('/run/tshorn/till/'),
    });
    await systemd.run('systemctl', 'stop', 'till.socket', 'till.service');
  },
);

real('a port below 1024, secrets, and every file that it writes', async () => {
  fs.mkdirSync(path.join(shared, 'log'), { mode: 0o777 });
  fs.chmodSync(path.join(shared, 'log'), 0o777);
  await systemd.run('sh', '-c', 'umask 077; echo KEY=hunter2 > /etc/bank.env');
  await install(
    'bank',
    ...['--bind', `127.0.0.1:${LOW_PORT}`, '--bind', 'unix:/run/bank/web.sock', '--user', 'shopkeeper'],
    ...['--log-file', '/var/log/bank/server.log', '--output-file', path.join(shared, 'log/out.log')],
    ...['--pid-file', '/run/bank/pid'],
  );
  await systemd.run('systemctl', 'daemon-reload');
  expect(await systemd.run('systemctl', 'start', 'bank')).toEqual({ code: 0, text: '' });
  expect(await answer(LOW_PORT)).toMatchObject({ key: 'hunter2' });
  expect((await systemd.run('cat', '/run/bank/pid')).text.trim()).toBe(await show('bank', 'MainPID'));
  const log = (await systemd.run('cat', '/var/log/bank/server.log')).text.trim().split('\n');
  const lines = log.map((line) => JSON.parse(line) as { event: string; level: number; msg: string });
  expect(lines.map(({ event }) => event)).toContain('started');
  expect(lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([]);
  expect((await systemd.run('test', '-S', '/run/bank/web.sock')).code).toBe(0);
  expect((await systemd.run('tshorn', 'status', '--pid-file', '/run/bank/pid')).code).toBe(0);
  expect((await systemd.run('systemctl', 'stop', 'bank')).code).toBe(0);
});

real('random words, variables and directories reach the program as they were', async () => {
  const seed = Number(process.env.QUOTE_SEED ?? Date.now());
  const random = new Random(seed);
  const pieces = [
    '%',
    '$',
    '"',
    "'",
    '\\',
    ' ',
    ';',
    '\n',
    '\t',
    'n',
    'x41',
    '{',
    '}',
    'é',
    '🙂',
    '#',
    '=',
    '/',
    'a',
    '\u001b',
    '\u0085',
  ];
  const text = () => Array.from({ length: 1 + random.below(8) }, () => random.of(pieces)).join('');
  const words = [';', '', '$HOME', '%n', ...Array.from({ length: 300 }, text)];
  const variables = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`V${at}`, text()]));
  const directory = path.join(shared, 'odd $dir 100% "x" ü');
  fs.mkdirSync(directory);
  const out = path.join(directory, 'out.json');
  const code = `require('fs').writeFileSync('out.json', JSON.stringify([process.argv.slice(1), process.env]))`;
  const unit = [
    '[Service]',
    'Type=oneshot',
    `WorkingDirectory=${restOfLine('WorkingDirectory', directory)}`,
    ...Object.entries(variables).map(([name, value]) => `Environment=${assignment(name, value)}`),
    `ExecStart=${commandLine([process.execPath, '-e', code, '--', ...words])}`,
    '',
  ].join('\n');
  const file = path.join(shared, 'odd.service');
  fs.writeFileSync(file, unit);
  await systemd.run('cp', file, '/etc/systemd/system/');
  await systemd.run('systemctl', 'daemon-reload');
  expect(await systemd.run('systemctl', 'start', 'odd')).toEqual({ code: 0, text: '' });
  const [argv, env] = JSON.parse(fs.readFileSync(out, 'utf8'));
  expect({ seed, argv }).toEqual({ seed, argv: words });
  expect({ seed, env }).toEqual({ seed, env: expect.objectContaining(variables) });
});
