import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { resolveConfig } from './resolve.ts';

const cwd = '/nowhere';
const app = 'app.js';
const withEnv = (env: Record<string, string>) => resolveConfig({ env, cwd, overrides: { app } });

describe('resolveConfig', () => {
  it('has a default for everything but the app', async () => {
    const { config, given, file, hooksInFile, warnings } = await withEnv({});
    expect(config).toMatchObject({
      cwd,
      bind: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }],
      unixMode: 0o660,
      bootTimeout: 120_000,
      statusPath: '/_status',
      probeInterval: 500,
      grace: 30_000,
      keepAliveTimeout: 75_000,
      logLevel: 'info',
      hooks: {},
      appArgs: [],
    });
    expect(config.workers).toBeGreaterThan(0);
    expect([[...given], file, hooksInFile, warnings]).toEqual([['app'], undefined, false, []]);
    await expect(resolveConfig({ env: {}, cwd })).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });

  it('listens where PORT says, unless somebody says more', async () => {
    const { config, origins } = await withEnv({ PORT: '3000' });
    expect(config.bind).toEqual([{ kind: 'tcp', host: '', port: 3000 }]);
    expect(origins.bind).toBe('environment PORT');
    const more = await withEnv({ PORT: 'broken', TSHORN_BIND: ':1, unix:/x' });
    expect(more.config.bind).toHaveLength(2);
    await expect(withEnv({ PORT: '70000' })).rejects.toThrow('PORT: got "70000"; expected a port');
  });

  it('prefers its own variable to one that many programs share', async () => {
    expect((await withEnv({ WEB_CONCURRENCY: '7' })).config.workers).toBe(7);
    const { config, origins } = await withEnv({ WEB_CONCURRENCY: '7', TSHORN_WORKERS: '3' });
    expect(config.workers).toBe(3);
    expect(origins.workers).toBe('environment TSHORN_WORKERS');
  });

  it('takes an empty variable as unset, except where empty is a value', async () => {
    const { config, given } = await withEnv({ TSHORN_WORKERS: '', TSHORN_STATUS_PATH: '' });
    expect([...given].sort()).toEqual(['app', 'statusPath']);
    expect(config.statusPath).toBe('');
  });

  it('lets start() win over the environment', async () => {
    const { config, origins } = await resolveConfig({
      env: { TSHORN_GRACE: '5s' },
      cwd,
      overrides: { app, grace: 1.5, bind: ['8001'] },
    });
    expect(config.grace).toBe(1500);
    expect(origins.grace).toBe('start()');
    expect(config.bind).toEqual([{ kind: 'tcp', host: '', port: 8001 }]);
  });

  it('makes directories and the log file absolute', async () => {
    const { config } = await withEnv({ TSHORN_CHDIR: '../tmp', TSHORN_LOG_FILE: 'log/x.log' });
    expect(config.cwd).toBe('/tmp');
    expect(config.logFile).toBe('/tmp/log/x.log');
  });

  const listens = ['--admin', '127.0.0.1:0'];
  it.each<[string[], string[]]>([
    [['--admin-token', 'file'], ['--admin-token has no effect without --admin or --agent']],
    [['--ready-workers', '5'], ['--ready-workers has no effect without --admin or --agent']],
    [[...listens, '--admin-token', ''], ['--admin-token is empty: the admin listener asks for no token']],
    [[...listens, '--no-admin-token'], []],
    [[...listens, '--admin-token', 'file', '--ready-workers', '2'], []],
    [
      [...listens, '--ready-workers', '5'],
      ['--ready-workers 5 is more than --workers 2: /ready answers 503, and the agent "down"'],
    ],
  ])('warns of what would protect or tell nothing: %j', async (argv, expected) => {
    const request = { argv: ['app.js', '--workers', '2', ...argv], env: {}, cwd };
    expect((await resolveConfig(request)).warnings).toEqual(expected);
  });

  it('reads PROXY headers of trusted proxies alone, so there have to be some', async () => {
    const resolved = (...more: string[]) =>
      resolveConfig({ argv: ['app.js', '--proxy-protocol', 'v2', ...more], env: {}, cwd });
    await expect(resolved()).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: 'proxy-protocol: v2 reads headers of --trusted-proxies alone, and there are none',
      fix: expect.stringContaining('--trusted-proxies 10.0.0.0/8'),
    });
    expect((await resolved('--trusted-proxies', '10.0.0.0/8')).warnings).toEqual([]);
    expect((await resolved('--trusted-proxies', '::/0')).warnings).toEqual([
      '--trusted-proxies: with ::/0 any client can tell an address of its own choice',
    ]);
  });

  it('warns of a list of proxies that everybody is on', async () => {
    const argv = ['app.js', '--trusted-proxies', '0.0.0.0/0,::/0'];
    expect((await resolveConfig({ argv, env: {}, cwd })).warnings).toEqual([
      '--trusted-proxies: with 0.0.0.0/0 any client can tell an address of its own choice',
      '--trusted-proxies: with ::/0 any client can tell an address of its own choice',
    ]);
  });

  it.each(['none', '../dev/null'])(
    'names --chdir where its directory is not there: %s',
    async (directory) => {
      const argv = ['app.js', '--chdir', directory];
      await expect(resolveConfig({ argv, env: {}, cwd })).rejects.toMatchObject({
        code: 'ERR_OPTION',
        message: `--chdir: there is no directory ${resolve(cwd, directory)}`,
      });
    },
  );

  it('reads where announcements go', async () => {
    expect((await withEnv({ TSHORN_NOTIFY: 'udp://[::1]:9000' })).config.notify).toEqual({
      host: '::1',
      port: 9000,
    });
    await expect(withEnv({ TSHORN_NOTIFY: 'tcp://a:1' })).rejects.toThrow(
      'TSHORN_NOTIFY: got "tcp://a:1"; expected an address such as udp://127.0.0.1:9000',
    );
  });

  it('says of an address of StatsD without a port what is missing', async () => {
    const statsd = resolveConfig({ argv: ['app.js', '--statsd', 'localhost'], env: {}, cwd });
    await expect(statsd).rejects.toMatchObject({
      message: expect.stringContaining('--statsd: got "localhost"; expected an address such as'),
      fix: expect.stringContaining('the port, as in localhost:8125'),
    });
  });

  it('warns of an option that nothing reads without another one', async () => {
    const warningsOf = async (...argv: string[]) =>
      (await resolveConfig({ argv: ['app.js', ...argv], env: {}, cwd })).warnings;
    const prefix = ['--statsd-prefix', 'shop'];
    expect(await warningsOf(...prefix)).toEqual(['--statsd-prefix has no effect without --statsd']);
    expect(await warningsOf(...prefix, '--statsd', '127.0.0.1:8125')).toEqual([]);
    const limits = ['--queue-limit', '100ms', '--overload-exempt', '/live'];
    expect(await warningsOf(...limits)).toEqual([
      '--queue-limit has no effect without --overload shed',
      '--overload-exempt has no effect without --overload shed',
    ]);
    expect(await warningsOf(...limits, '--overload', 'shed')).toEqual([]);
  });

  it('warns of figures for a range where there is none, and of a range that cannot move', async () => {
    const warningsOf = async (...argv: string[]) =>
      (await resolveConfig({ argv: ['app.js', ...argv], env: {}, cwd })).warnings;
    const target = ['--scale-target', '50%'];
    expect(await warningsOf('--workers', '4', ...target)).toEqual([
      '--scale-target has no effect without a range of --workers, such as 2..8',
    ]);
    expect(await warningsOf('--workers', '2..8', ...target)).toEqual([]);
    const [fixed, ...others] = await warningsOf('--workers', '1000..auto');
    expect(fixed).toMatch(/^--workers 1000\.\.auto with \d+ CPUs? is 1000 whatever the load is/);
    expect(others).toEqual([]);
    const [same] = (await resolveConfig({ argv: ['app.js'], env: { WEB_CONCURRENCY: '1..1' }, cwd }))
      .warnings;
    expect(same).toBe('--workers 1..1 is 1 whatever the load is; a range that moves here: 1..2');
  });

  it('warns of a variable that looks like its own', async () => {
    const { warnings } = await withEnv({
      TSHORN_WOKERS: '3',
      TSHORN_INTERNAL_X: '1',
      TSHORN_SLOT: '0',
      OTHER: '1',
    });
    expect(warnings).toEqual(['TSHORN_WOKERS: no option has this variable; did you mean TSHORN_WORKERS?']);
  });

  it.each([
    [{ wokers: 3 }, 'start(): wokers: unknown option; did you mean workers?'],
    [{ graceful_timeout: 20 }, 'start(): graceful_timeout: unknown option; did you mean grace?'],
    [{ statsdHost: '1.2.3.4:1' }, 'start(): statsdHost: unknown option; did you mean statsd?'],
    [{ errorlog: '-' }, 'start(): errorlog: unknown option; did you mean logFile?'],
    [{ max_requests: 20 }, 'start(): max_requests: unknown option; did you mean maxRequests?'],
    [{ instances: 4 }, 'start(): instances: unknown option; did you mean workers: 4?'],
    [{ raw_env: ['A=1'] }, 'start(): raw_env: unknown option; variables of the app stand in `env`'],
    [{ onExit() {} }, 'start(): onExit: unknown option; it belongs in hooks: hooks.onExit'],
    [
      { post_worker_init() {} },
      'start(): post_worker_init: unknown option; it belongs in hooks: hooks.postWorkerInit',
    ],
    [{ chdir: '/' }, 'start(): chdir: unknown option; did you mean cwd?'],
    [
      { workers: 1.5 },
      'start(): workers: got 1.5; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [{ grace: '5 days' }, 'start(): grace: got "5 days"; expected a duration such as'],
    [{ grace: 3_000_000 }, 'of 24 days at most'],
    [{ bootTimeout: 0 }, 'start(): bootTimeout: got 0; expected a duration above zero'],
    [{ unixMode: 660 }, 'start(): unixMode: got 660; expected permissions in octal, as text'],
    [{ bind: [] }, 'start(): bind: got []; expected an address'],
    [{ statusPath: 'status' }, 'start(): statusPath: got "status"; expected a path that starts with "/"'],
    [{ hooks: { onStarted() {} } }, 'start(): hooks.onStarted: unknown hook; did you mean onStarting?'],
    [{ hooks: { onExit: 3 } }, 'start(): hooks.onExit: got 3; expected a function'],
    [{ hooks: { postFork() {} } }, 'start(): hooks.postFork runs in a worker'],
  ])('refuses %j', async (overrides, message) => {
    const wrong: object = { app, ...overrides };
    await expect(resolveConfig({ env: {}, cwd, overrides: wrong })).rejects.toThrow(message);
  });
});

describe('watch mode', () => {
  const watching = (env: Record<string, string>, ...argv: string[]) =>
    resolveConfig({ argv: [app, '--watch', ...argv], env, cwd });

  it('has defaults of its own, which count as not given', async () => {
    const { config, origins, given } = await watching({});
    expect(config).toMatchObject({ workers: 1, soak: 0, reloadPlan: 'rolling', grace: 2_000, bootNice: 0 });
    expect(origins).toMatchObject({ workers: '--watch', grace: '--watch', timeout: 'default' });
    expect([...given].sort()).toEqual(['app', 'watch']);
  });

  it('lets whatever somebody gives win', async () => {
    const { config, origins } = await watching({ WEB_CONCURRENCY: '3' }, '--grace', '9s');
    expect(config).toMatchObject({ workers: 3, grace: 9_000 });
    expect(origins).toMatchObject({ workers: 'environment WEB_CONCURRENCY', grace: 'command line' });
  });

  it('of a running server decides the defaults: a reload does not change it', async () => {
    const request = { argv: [app], env: { TSHORN_WATCH: '1' }, cwd };
    const { config, origins } = await resolveConfig({ ...request, running: { watch: false } });
    expect(config.grace).toBe(30_000);
    expect(origins).toMatchObject({ workers: 'default', grace: 'default' });
    const off = await resolveConfig({ ...request, env: {}, running: { watch: true } });
    expect(off.config).toMatchObject({ workers: 1, grace: 2_000 });
  });

  it('takes the directory that a pattern starts from as it is, whatever its name', async () => {
    const { config } = await resolveConfig({
      argv: [app, '--watch', '--watch-path', '*.html', '--watch-path', '../b', '--watch-path', '/c/*'],
      env: {},
      cwd: '/[a]/{x}',
    });
    expect(config.watchPath).toEqual(['/\\[a]/\\{x}/*.html', '/\\[a]/b', '/c/*']);
  });

  it('is off with --no-watch', async () => {
    const { origins } = await resolveConfig({ argv: [app, '--no-watch'], env: { TSHORN_WATCH: '1' }, cwd });
    expect(origins.workers).toBe('default');
  });
});

it('names the config files of several servers where there is no app', async () => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'tshorn-'));
  for (const name of ['web', 'api']) fs.writeFileSync(join(directory, `tshorn.${name}.config.mjs`), '');
  await expect(resolveConfig({ argv: [], env: {}, cwd: directory })).rejects.toMatchObject({
    message: 'there is no app to serve',
    fix: 'type: tshorn --config tshorn.api.config.mjs; beside it: tshorn.web.config.mjs',
  });
  fs.rmSync(directory, { recursive: true });
});
