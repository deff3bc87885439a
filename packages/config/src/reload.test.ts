import { KEYS, OPTIONS } from './options.ts';
import { keepUnreloadable } from './reload.ts';
import { resolveConfig } from './resolve.ts';
import type { UserConfig } from './user-config.ts';

const resolved = (overrides: UserConfig) =>
  resolveConfig({ env: {}, cwd: '/nowhere', overrides: { app: 'a.js', ...overrides } });

test('two readings of the same need no restart', async () => {
  const [one, other] = [await resolved({ bind: [':1'] }), await resolved({ bind: ':1' })];
  expect(keepUnreloadable(one, other)).toEqual({ resolved: other, needRestart: [] });
});

const OTHER: UserConfig = {
  admin: ':2',
  agent: ':3',
  bind: ':1',
  unixMode: '600',
  user: 'nobody',
  group: 'nogroup',
  umask: '077',
  statusTransport: 'udp',
  logFormat: 'json',
  logFile: 'x.log',
  outputFile: 'y.log',
  control: 'x.sock',
  pidFile: 'x.pid',
  redirectHttp: ':4',
  statsd: '127.0.0.1:8125',
  statsdPrefix: 'x',
  watch: true,
};

/** They follow a reload; a redirect needs them. */
const PAIR: UserConfig = { certfile: 'x.pem', keyfile: 'x.key' };

test('every option that is not reloadable keeps its running value, and is named at every reload', async () => {
  const fixed = KEYS.filter((key) => !OPTIONS[key].reloadable);
  expect(Object.keys(OTHER).sort()).toEqual([...fixed].sort());
  let running = await resolved({});
  for (let reload = 1; reload <= 3; reload++) {
    const next = keepUnreloadable(running, await resolved({ ...OTHER, ...PAIR, grace: reload }));
    expect(next.needRestart).toEqual(fixed);
    for (const key of fixed) expect(next.resolved.config[key]).toEqual(running.config[key]);
    expect(next.resolved.config.grace).toBe(reload * 1000);
    running = next.resolved;
  }
  expect(keepUnreloadable(running, await resolved({})).needRestart).toEqual([]);
});

test('the working directory and the backlog follow a reload', async () => {
  const next = keepUnreloadable(await resolved({}), await resolved({ cwd: '/tmp', backlog: 7 }));
  expect(next).toMatchObject({ needRestart: [], resolved: { config: { cwd: '/tmp', backlog: 7 } } });
});
