/** Each check finds the fault that is planted in the facts, and nothing in facts without one. */
import type { Config } from '@tshorn/config';
import { parseAddress } from '@tshorn/core';
import type { Found, Level } from '../check.ts';
import type { Facts, Failure, LogFacts, MasterFacts } from '../facts.ts';
import { examination, healthy, report } from '../testing/healthy.ts';
import { CHECKS } from './index.ts';

const MB = 1024 ** 2;
const GB = 1024 ** 3;

type Plant = (facts: Facts) => Partial<Facts>;
const app =
  (more: Partial<NonNullable<Facts['app']>>): Plant =>
  (facts) => ({ app: { ...facts.app!, ...more } });
const reported = (more: Partial<typeof report>) => app({ report: { ...report, ...more } });
const examined = (more: Partial<typeof examination>) =>
  reported({ examination: { ...examination, ...more } });
const nothing: Plant = () => ({});
const inside =
  <Key extends keyof Facts>(key: Key, more: Partial<NonNullable<Facts[Key]>>): Plant =>
  (facts) => ({ [key]: { ...(facts[key] as object), ...more } });
const log =
  (more: Partial<LogFacts>): Plant =>
  (facts) => ({ files: { ...facts.files, logs: facts.files.logs.map((one) => ({ ...one, ...more })) } });
const master = (more: Partial<MasterFacts>): MasterFacts => ({
  pid: 7,
  app: '/srv/app.js',
  addresses: [':80'],
  gone: undefined,
  wrapper: undefined,
  ...more,
});
const option = (name: string, value?: string) =>
  inside('node', { options: [{ name, ...(value !== undefined && { value }) }] });
const all =
  (...plants: Plant[]): Plant =>
  (facts) =>
    Object.assign({}, ...plants.map((plant) => plant(facts)));
const future = { file: '/srv/app.js', aheadMs: 3_600_000 };
const tmp = { path: '/tmp', noexec: false, space: { freeBytes: GB, totalBytes: GB } };
const failure = (code: Failure['code'], message: string): Failure => ({
  code,
  message,
  fix: 'do this',
  detail: undefined,
});
const shown = (more: object) =>
  inside('certificates', { expiring: [], openKeys: [], incomplete: [], ...more });
const NOT_FOUND = { verdict: 'alive', status: '404 Not Found', tookMs: 1 } as const;
const taken = [{ address: ':80', pids: [7], program: 'nginx' }];

const FAULTS: readonly [id: string, level: Level, plant: Plant, seen: RegExp, config?: Partial<Config>][] = [
  ['app-start', 'error', app({ failure: failure('ERR_APP_THROWS', 'boom') }), /^boom$/],
  [
    'status-missing',
    'warning',
    reported({ probe: NOT_FOUND, examination: { ...examination, answers: [] } }),
    /404/,
  ],
  ['status-missing', 'note', nothing, /--no-status-path/, { statusPath: '' }],
  ['status-not-strict', 'warning', examined({ statusIsAnyPath: true }), /^\/_status and \/tshorn-doctor-x/],
  ['keep-alive', 'warning', examined({ keepAliveTimeout: 5_000 }), /^5.0s \(the app sets it\)/],
  [
    'keep-alive',
    'warning',
    examined({ keepAliveTimeout: 60_000 }),
    /--keep-alive/,
    { keepAliveTimeout: 60_000 },
  ],
  ['slow-clients', 'warning', examined({ headersTimeout: 0, requestTimeout: 0 }), /no limit/],
  [
    'closes-connections',
    'warning',
    examined({ answers: [{ path: '/', status: 200, closes: true }] }),
    /Connection: close/,
  ],
  ['closes-connections', 'warning', examined({ maxRequestsPerSocket: 100 }), /= 100/],
  ['handoff', 'note', examined({ immovable: 'tls' }), /TLS/],
  ['handoff', 'warning', examined({ immovable: 'connection-listener' }), /PROXY/],
  ['handoff', 'warning', examined({ immovable: 'unknown-node' }), /Node 24/],
  ['handoff', 'note', nothing, /no$/, { handoff: false }],
  ['slow-start', 'warning', reported({ tookMs: 3_100 }), /3.1s/, { bootTimeout: 6_000 }],
  ['slow-clean-up', 'warning', reported({ leave: { tookMs: 2_000, killed: true } }), /2.0s after SIGTERM/],
  ['prints-much', 'note', app({ printedBytes: 200_000 }), /195 KB/],
  ['boot-warnings', 'note', app({ warnings: ['two servers', 'x'] }), /^two servers \(and 1 more line\)/],
  ['config', 'error', () => ({ configError: failure('ERR_OPTION', 'file x: workres: unknown') }), /workres/],
  ['config-warnings', 'warning', inside('server', { warnings: ['TSHORN_X: no option'] }), /TSHORN_X/],
  ['workers-above-cpus', 'warning', nothing, /quota of 2/, { workers: 8 }],
  [
    'workers-above-cpus',
    'note',
    inside('resources', { cpuQuota: undefined }),
    /10 .* 4 CPUs/,
    { workers: 10 },
  ],
  ['memory-sum', 'warning', nothing, /2 workers x --max-memory 5120 MB/, { maxMemory: { bytes: 5 * GB } }],
  ['memory-sum', 'warning', nothing, /4915 MB/, { maxMemory: { percent: 60 } }],
  ['memory-sum', 'warning', option('--max-old-space-size', '6000'), /--max-old-space-size 6000 MB/],
  ['heap-limit', 'warning', inside('resources', { memoryLimitBytes: GB }), /2048 MB; .* 1024 MB/],
  ['node-options-heap', 'warning', option('--max-old-space-size', '9000'), /=9000; .* 8192 MB/],
  ['inspector', 'warning', option('--inspect', '0.0.0.0:9229'), /^--inspect=0.0.0.0:9229$/],
  ['inspector', 'note', option('--inspect', '9229'), /^--inspect=9229$/],
  ['inspector', 'error', option('--inspect-brk'), /^--inspect-brk: .* waits/],
  ['inspector', 'warning', nothing, /^--inspect=0.0.0.0:1$/, { inspect: { host: '0.0.0.0', port: 1 } }],
  [
    'node-options-missing',
    'error',
    all(inside('node', { missingModules: ['./x.cjs'], options: [{ name: '-r', value: './x.cjs' }] })),
    /x.cjs/,
  ],
  ['backlog', 'warning', nothing, /--backlog 9000, net.core.somaxconn 4096/, { backlog: 9_000 }],
  ['backlog', 'note', inside('limits', { somaxconn: 128 }), /somaxconn 128/],
  ['low-port', 'error', nothing, /^:80;/, { bind: [parseAddress(':80')] }],
  ['address-in-use', 'error', inside('network', { taken }), /^:80: nginx, pid 7$/],
  ['address-in-use', 'error', inside('network', { taken: [{ address: ':80', pids: [] }] }), /another user/],
  [
    'address-in-use',
    'note',
    all(inside('network', { taken }), () => ({ masters: [master({})] })),
    /a tshorn master, pid 7/,
  ],
  [
    'ipv6-off',
    'error',
    inside('network', { hasIpv6: false }),
    /\[::\]:80/,
    { bind: [parseAddress('[::]:80')] },
  ],
  ['certificate', 'error', shown({ failure: failure('ERR_CERTIFICATE', 'a.key') }), /a.key/],
  ['certificate-expires', 'warning', shown({ expiring: ['in 3 days'] }), /3 days/],
  ['key-open', 'warning', shown({ openKeys: ['/a.key'] }), /^\/a.key$/],
  ['chain-incomplete', 'note', shown({ incomplete: ['/a.pem ends'] }), /a.pem/],
  ['symlinked-release', 'warning', inside('release', { linkBeside: '/srv/current' }), /\/srv\/current/],
  [
    'foreign-addons',
    'error',
    inside('release', { foreignAddons: [{ file: 'x.node', why: 'ABI' }] }),
    /x.node: ABI/,
  ],
  ['writes-to-release', 'note', inside('release', { written: ['a', 'b', 'c', 'd'] }), /^a, b, c and 1 more/],
  ['pid-1-wrapper', 'warning', inside('surroundings', { pid1: ['npm start'] }), /npm start/],
  ['pid-1-wrapper', 'warning', inside('surroundings', { pid1: ['/bin/sh', '-c', 'tshorn x'] }), /sh -c/],
  ['pid-1-wrapper', 'warning', inside('surroundings', { pid1: ['node', '/usr/bin/npx', 'x'] }), /npx/],
  ['no-init', 'note', inside('surroundings', { pid1: ['node', 'node_modules/.bin/tshorn'] }), /tshorn/],
  ['started-by-npm', 'warning', () => ({ masters: [master({ wrapper: 'npm start' })] }), /pid 7, by npm/],
  ['systemd-version', 'note', inside('surroundings', { systemdVersion: 252 }), /252/],
  [
    'notify-socket',
    'error',
    all(inside('env', { NOTIFY_SOCKET: '/run/x' }), inside('surroundings', { hasNotifyProgram: false })),
    /systemd-notify/,
  ],
  [
    'notify-socket',
    'error',
    all(inside('env', { NOTIFY_SOCKET: '/run/x' }), inside('surroundings', { notifySocketExists: false })),
    /\/run\/x/,
  ],
  ['root', 'warning', () => ({ isRoot: true }), /uid 0/],
  ['user', 'error', app({ failure: failure('ERR_USER', 'cannot read') }), /cannot read/, { user: 'www' }],
  ['node-env', 'note', () => ({ env: {} }), /not set/],
  ['node-env', 'note', () => ({ env: { NODE_ENV: 'test' } }), /=test/],
  [
    'environment-file',
    'warning',
    inside('files', { openEnvFiles: ['/srv/.env'] }),
    /.env/,
    { envFile: ['/srv/.env'] },
  ],
  ['leftover-master', 'warning', () => ({ masters: [master({ gone: '/srv/1' })] }), /pid 7 on :80: \/srv\/1/],
  ['same-app-twice', 'note', () => ({ masters: [master({}), master({ pid: 8 })] }), /pids 7, 8/],
  ['stale-sockets', 'note', () => ({ staleSockets: ['/run/9.sock'] }), /9.sock/],
  [
    'two-versions',
    'warning',
    inside('surroundings', {
      programs: [
        { path: '/a', version: '1.0.0', by: 'running' },
        { path: '/b', version: '1.1.0', by: 'PATH' },
      ],
    }),
    /1.0.0 \(\/a\) and 1.1.0 \(\/b\)/,
  ],
  ['node-end-of-life', 'warning', inside('node', { version: '20.20.2' }), /2026-04-30/],
  [
    'node-end-of-life',
    'note',
    all(inside('node', { version: '22.1.0' }), () => ({ now: Date.parse('2027-04-01') })),
    /22/,
  ],
  ['open-files', 'warning', inside('limits', { openFiles: 1_024 }), /ulimit -n 1024/],
  ['open-files', 'error', inside('limits', { openFiles: 40 }), /ulimit -n 40/],
  ['processes', 'error', inside('limits', { processes: 30 }), /ulimit -u 30/],
  ['processes', 'error', inside('limits', { pidsLeft: 30 }), /pids.max leaves 30/],
  ['overcommit', 'note', inside('limits', { overcommit: 2 }), /2/],
  ['inotify', 'warning', inside('limits', { inotifyWatches: 1_000 }), /1000/, { watch: true }],
  ['clock', 'warning', () => ({ now: Date.parse('2024-01-01') }), /2024-01-01/],
  ['clock', 'warning', inside('surroundings', { fromTheFuture: future }), /app.js .* 60m 0s/],
  ['clock', 'note', inside('surroundings', { clockSynchronised: false }), /timesyncd/],
  ['tmp', 'note', inside('surroundings', { tmp: { ...tmp, noexec: true } }), /noexec/],
  [
    'tmp',
    'warning',
    inside('surroundings', { tmp: { ...tmp, space: { freeBytes: MB, totalBytes: GB } } }),
    /1 MB left/,
  ],
  ['log-file', 'error', log({ writable: false }), /may not write/],
  ['log-file', 'error', log({ writable: false, isDirectory: true }), /it is a directory/],
  ['log-file', 'error', log({ writable: false, directoryExists: false }), /no such directory/],
  [
    'pid-file',
    'error',
    inside('files', { pidFileProblem: '/x/a.pid: there is no such directory' }),
    /x\/a.pid/,
    { pidFile: '/x/a.pid' },
  ],
  ['log-space', 'error', log({ space: { freeBytes: MB, totalBytes: GB } }), /1 MB left/],
  ['log-space', 'warning', log({ space: { freeBytes: 500 * MB, totalBytes: GB } }), /500 MB left/],
  ['log-rotation', 'note', log({ rotated: false }), /logrotate/],
  ['compile-cache', 'note', inside('files', { compileCacheProblem: 'this user may not write /x' }), /\/x/],
];

const checkOf = (id: string) => CHECKS.find((check) => check.id === id)!;

// Rest arguments: jest takes a fifth one for its own callback where a row has four.
it.each(FAULTS)('%s is found: %s', async (id, level, ...[plant, seen, config]) => {
  const facts = await healthy(config);
  const check = checkOf(id);
  const outcome = check.run({ ...facts, ...plant(facts) });
  expect(outcome).toMatchObject({ level, seen: expect.stringMatching(seen) });
  expect(check.levels).toContain((outcome as Found).level);
});

it('every check has a planted fault of each of its levels', () => {
  const planted = new Set(FAULTS.map(([id, level]) => `${id} ${level}`));
  const declared = CHECKS.flatMap(({ id, levels }) => levels.map((level) => `${id} ${level}`));
  expect([...planted].sort()).toEqual(declared.sort());
});

it('nothing is found where nothing is wrong', async () => {
  const facts = await healthy();
  const outcomes = CHECKS.map((check) => [check.id, check.run(facts)]);
  expect(outcomes.filter(([, outcome]) => typeof outcome !== 'string')).toEqual([]);
});

it('where facts cannot be had, their checks are not applicable', async () => {
  const { node, env } = await healthy();
  const bare: Facts = {
    platform: 'darwin',
    env,
    isRoot: false,
    now: Date.parse('2026-11-28'),
    node,
    limits: {} as Facts['limits'],
    resources: { cpus: 4, memoryBytes: GB, cpuQuota: undefined, memoryLimitBytes: undefined },
    surroundings: {
      inContainer: false,
      pid1: undefined,
      systemdVersion: undefined,
      hasNotifyProgram: false,
      notifySocketExists: false,
      fromTheFuture: undefined,
      clockSynchronised: undefined,
      tmp: { path: '/tmp', noexec: false, space: undefined },
      programs: [],
    },
    masters: [],
    staleSockets: [],
    server: undefined,
    configError: undefined,
    files: { openEnvFiles: [], logs: [], compileCacheProblem: undefined },
    network: { hasIpv6: undefined, lowestPort: undefined, mayBindLow: false, taken: [] },
    release: undefined,
    app: undefined,
  };
  const outcomes = CHECKS.map((check) => [check.id, check.run(bare)]);
  expect(outcomes.filter(([, outcome]) => typeof outcome !== 'string')).toEqual([]);
});

it('a status path that the app adds after its start is not missing', async () => {
  const facts = await healthy();
  expect(checkOf('status-missing').run({ ...facts, ...reported({ probe: NOT_FOUND })(facts) })).toBe('ok');
});

it('ids are unique, and texts are those of a report', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const { id, title, why, mend } of CHECKS) {
    expect(id).toMatch(/^[a-z][a-z0-9-]+$/);
    for (const text of [title, why, mend]) expect(text).not.toMatch(/\.$|\s\s|\n/);
  }
});
