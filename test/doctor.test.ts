/** `tshorn doctor`: faults planted in an app, a configuration and a release are found; a healthy app has none. */
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { doctor, OF_MACHINE, place } from './support/doctor.ts';
import { brief, cases, thorough } from './support/long.ts';
import { fixture } from './support/server.ts';

const its = (name: string) => fixture(`doctor/${name}`);
const WELL = its('is-well.mjs');
const { directory, env, write } = place();

brief('a healthy app on this machine: nothing is found that is not of the machine itself', async () => {
  const { findings, ok, errors } = await doctor([WELL, '--bind', '127.0.0.1:0'], { env: env() });
  expect(findings.filter(({ id }) => !OF_MACHINE.includes(id))).toEqual([]);
  expect(errors).toBe('');
  expect(ok).toEqual(
    expect.arrayContaining(['app-start', 'keep-alive', 'status-not-strict', 'slow-clean-up']),
  );
});

describe('faults of an app', () => {
  const rows = [
    [
      'says-hello.mjs',
      'status-not-strict',
      /^warning \/_status and \/tshorn-doctor-\w+ have the same answer, 200$/,
    ],
    ['sets-keep-alive.mjs', 'keep-alive', /^warning 2.0s \(the app sets it\)/],
    ['reads-proxy-line.mjs', 'handoff', /^warning a library has taken/],
    ['metrics-and-export.mjs', 'boot-warnings', /^note the app has two HTTP servers/],
    ['syntax-error.mjs', 'app-start', /^error app: syntax error at .*syntax-error.mjs:2/],
    ['doctor/closes-connections.mjs', 'closes-connections', /^warning Connection: close/],
    ['doctor/has-no-status.mjs', 'status-missing', /^warning GET \/_status: 404 Not Found$/],
    ['doctor/prints-much.mjs', 'prints-much', /^note 9\d KB/],
    ['doctor/waits-for-slow-clients.mjs', 'slow-clients', /^warning headersTimeout 0/],
  ] as const;
  const shortly = ['says-hello.mjs', 'sets-keep-alive.mjs', 'doctor/closes-connections.mjs'];
  test.each(cases(rows, ([app]) => shortly.includes(app)))('%s: %s', async (app, id, words) => {
    const { found, code, errors } = await doctor([fixture(app), '--bind', '127.0.0.1:0'], { env: env() });
    expect(found[id]).toMatch(words);
    expect(errors).toBe('');
    if (!found[id]?.startsWith('note')) expect(code).toBe(1);
  });

  thorough('an app that stays after SIGTERM, and starts late', async () => {
    const late = write(
      'late.mjs',
      `await new Promise((go) => setTimeout(go, 3000)); export { default } from '${fixture('cleans-up-for-long.mjs')}';`,
    );
    const { found } = await doctor([late, '--boot-timeout', '5500ms'], { env: { ...env(), MS: '60000' } });
    expect(found['slow-clean-up']).toMatch(/^warning alive 5.\ds after SIGTERM, with --grace 30.0s/);
    expect(found['slow-start']).toMatch(/^warning ready after [34]/);
  });
});

brief('faults of a configuration and of a release: all in one', async () => {
  const workers = Math.max(40, 2 * availableParallelism() + 2);
  const release = path.join(directory(), 'releases/42');
  const app = write('releases/42/app.mjs', fs.readFileSync(its('writes-beside-itself.mjs'), 'utf8'));
  fs.symlinkSync(release, path.join(directory(), 'current'));
  const variables = write('releases/42/.env', 'SECRET=1\n');
  fs.chmodSync(directory(), 0o755);
  write(
    'releases/42/node_modules/x/build/Release/x.node',
    `\x7fELF${'\0'.repeat(30)}node_register_module_v1\0`,
  );
  write('releases/42/node_modules/tshorn/package.json', '{"name":"tshorn","version":"0.0.1"}');
  fs.utimesSync(app, new Date(), new Date(Date.now() + 3_600_000));
  fs.mkdirSync(path.join(directory(), 'cache'), { mode: 0o777 });
  fs.chmodSync(path.join(directory(), 'cache'), 0o777);
  const args = [
    [
      'app.mjs',
      '--bind',
      '127.0.0.1:0',
      '--workers',
      String(workers),
      '--backlog',
      '2000000000',
      '--max-memory',
      '900GB',
    ],
    [
      '--environment-file',
      variables,
      '--log-file',
      'logs/app.log',
      '--output-file',
      'out.log',
      '--no-handoff',
      '--no-status-path',
    ],
    ['--node-options', '--inspect=127.0.0.1:0 --max-old-space-size=9000000'],
  ].flat();
  const { found, code } = await doctor(args, {
    cwd: release,
    env: {
      ...env(),
      PWD: release,
      NODE_ENV: 'development',
      TSHORN_WORKRES: '3',
      NOTIFY_SOCKET: path.join(directory(), 'nobody'),
      CACHE_DIRECTORY: path.join(directory(), 'cache'),
    },
  });
  expect(code).toBe(1);
  expect(found).toMatchObject({
    backlog: expect.stringMatching(/^warning --backlog 2000000000, net.core.somaxconn \d+/),
    clock: expect.stringMatching(/^warning .*app.mjs was changed in the future, (59|60)m/),
    'compile-cache': expect.stringMatching(/^note .*cache can be written by every user/),
    'config-warnings': expect.stringMatching(/^warning TSHORN_WORKRES: no option .*TSHORN_WORKERS/),
    'environment-file': `warning ${variables}`,
    'foreign-addons': expect.stringMatching(/^error .*x.node: it was built for another|^error .*VERSION 1,/),
    handoff: 'note --handoff no',
    'log-file': expect.stringMatching(/^error --log-file .*logs\/app.log: there is no such directory/),
    'log-rotation': expect.stringMatching(/^note no entry in .* names .*out.log$/),
    'memory-sum': expect.stringMatching(new RegExp(`^warning ${workers} workers x --max-memory 921600 MB`)),
    'node-env': 'note NODE_ENV=development',
    'node-options-heap': expect.stringMatching(/^warning --max-old-space-size=9000000/),
    inspector: 'note --inspect=127.0.0.1:0',
    'notify-socket': expect.stringMatching(/^error NOTIFY_SOCKET/),
    'status-missing': expect.stringMatching(/^note --no-status-path/),
    'symlinked-release': `warning ${directory()}/current leads to ${release}`,
    'two-versions': expect.stringMatching(/^warning .*0.0.1/),
    'workers-above-cpus': expect.stringMatching(new RegExp(`^(note|warning) ${workers} workers`)),
    'writes-to-release': 'note visits.json',
  });
});

brief('a config file with an unknown key, and a module that is not there', async () => {
  write('tshorn.config.json', JSON.stringify({ app: WELL, workres: 2 }));
  const broken = await doctor([], { env: { ...env(), PWD: directory() }, cwd: directory() });
  expect([broken.code, broken.found.config]).toEqual([
    1,
    expect.stringMatching(/^error .*workres: unknown option/),
  ]);
  const missing = await doctor([WELL, '--node-options', '--require ./not-there.cjs'], { env: env() });
  expect(missing.found['node-options-missing']).toBe('error ./not-there.cjs');
});

describe('the command', () => {
  brief('a wrong option is no finding: 2', async () => {
    for (const [args, words] of [
      [['--wrkers', '2'], /--wrkers/],
      [['--workers', 'many'], /--workers: got "many"/],
    ] as const) {
      const { code, errors, out } = await doctor([WELL, ...args], { env: env() });
      expect([code, out, errors]).toEqual([2, '', expect.stringMatching(words)]);
    }
  });

  brief('without an app it checks the machine alone', async () => {
    const { found, ok } = await doctor([], { env: { ...env(), PWD: directory() }, cwd: directory() });
    expect(Object.keys(found).filter((id) => !OF_MACHINE.includes(id))).toEqual([]);
    expect(ok).toEqual(expect.arrayContaining(['config-warnings', 'two-versions']));
    expect(ok).not.toContain('app-start');
  });

  brief('it writes nothing, and leaves no process', async () => {
    const app = write('tells.mjs', fs.readFileSync(fixture('tells-its-pid.mjs'), 'utf8'));
    const args = [
      app,
      '--bind',
      '127.0.0.1:0',
      '--log-file',
      path.join(directory(), 'log'),
      '--pid-file',
      path.join(directory(), 'pid'),
    ];
    await doctor(args, { env: env() });
    expect(fs.readdirSync(directory())).toEqual(['tells.mjs']);
  });
});
