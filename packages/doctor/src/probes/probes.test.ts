/** The probes read what the kernel, npm and systemd write. */
import { resolveConfig } from '@tshorn/config';
import { plantedSystem } from '../testing/planted-system.ts';
import { filesOf } from './files.ts';
import { limitsOf } from './limits.ts';
import { networkOf } from './network.ts';
import { nodeOf } from './node.ts';
import { releaseOf } from './release.ts';
import { surroundingsOf } from './surroundings.ts';

const serverWith = async (overrides: object) => ({
  ...(await resolveConfig({
    env: {},
    cwd: '/',
    overrides: { app: '/srv/app.js', workers: 1, ...overrides },
  })),
  hasApp: true,
});
const place = { program: { path: '/cli.js', version: '1.0.0' }, cwd: '/srv', dated: ['/srv/app.js'] };
const cache = { base: '/tmp', names: ['tshorn-1000'] };

describe('limits', () => {
  const limits = 'Limit  Soft  Hard\nMax processes  100  200  processes\nMax open files  1024  4096  files\n';

  it('are the hard ones, as Node raises its own', () => {
    const files = {
      '/proc/self/limits': limits,
      '/proc/sys/net/core/somaxconn': '128\n',
      '/proc/self/cgroup': '0::/a\n',
      '/sys/fs/cgroup/a/pids.max': '100\n',
      '/sys/fs/cgroup/a/pids.current': '70\n',
      '/sys/fs/cgroup/pids.max': 'max\n',
    };
    expect(limitsOf(plantedSystem({ files }))).toMatchObject({
      openFiles: 4_096,
      processes: 200,
      somaxconn: 128,
      pidsLeft: 30,
      overcommit: undefined,
    });
  });

  it('of processes do not bind root; unlimited is no number', () => {
    const files = { '/proc/self/limits': limits.replace('4096', 'unlimited') };
    expect(limitsOf(plantedSystem({ files, uid: 0 }))).toMatchObject({
      openFiles: Number.POSITIVE_INFINITY,
      processes: undefined,
    });
  });
});

describe('surroundings', () => {
  it('reads container, init, systemd and clock', async () => {
    const system = plantedSystem({
      files: {
        '/.dockerenv': '',
        '/proc/1/cmdline': 'npm\0start\0',
        '/run/systemd/system/x': '',
        '/run/systemd/timesync/x': '',
        '/srv/app.js': { mtimeMs: 1_000_000 + 120_000 },
      },
      run: async () => 'systemd 252 (252.38)\n+PAM',
    });
    expect(await surroundingsOf(system, place)).toMatchObject({
      inContainer: true,
      pid1: ['npm', 'start'],
      systemdVersion: 252,
      clockSynchronised: false,
      fromTheFuture: { file: '/srv/app.js', aheadMs: 120_000 },
    });
  });

  it('takes the mount options of the last mount over a path', async () => {
    const mounts =
      'dev / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\ntmpfs /tmp tmpfs rw,noexec 0 0\nx /tmpx x rw 0 0\n';
    const files = { '/proc/self/mounts': mounts, '/tmp/x': '' };
    const { tmp } = await surroundingsOf(plantedSystem({ files, tmpdir: '/tmp' }), place);
    expect(tmp.noexec).toBe(true);
  });

  it('finds the tshorn of PATH and that of the app', async () => {
    const files = {
      '/usr/bin/tshorn': '',
      '/usr/lib/node_modules/tshorn/dist/cli.js': '',
      '/usr/lib/node_modules/tshorn/package.json': '{"name":"tshorn","version":"1.1.0"}',
      '/srv/node_modules/tshorn/package.json': '{"name":"tshorn","version":"1.2.0"}',
    };
    const links = { '/usr/bin/tshorn': '/usr/lib/node_modules/tshorn/dist/cli.js' };
    const can = (path: string) => path in files;
    const { programs } = await surroundingsOf(
      plantedSystem({ files, links, can, env: { PATH: '/usr/bin' } }),
      place,
    );
    expect(programs.map(({ by, version }) => [by, version])).toEqual([
      ['running', '1.0.0'],
      ['PATH', '1.1.0'],
      ['node_modules', '1.2.0'],
    ]);
  });
});

describe('files', () => {
  it('an environment file is open where everybody can reach and read it', async () => {
    const server = await serverWith({ envFile: ['/srv/.env', '/home/me/.env', '/srv/secret.env'] });
    const files = {
      '/srv/.env': 'A=1',
      '/srv/secret.env': { mode: 0o640 },
      '/home/me': { kind: 'directory', mode: 0o700 },
      '/home/me/.env': 'A=1',
    } as const;
    expect(filesOf(plantedSystem({ files }), server, cache).openEnvFiles).toEqual(['/srv/.env']);
  });

  it.each([
    ['/var/log/app/*.log {\n  daily\n}', true],
    ['"/var/log/app/app.log" /x {', true],
    ['/var/log/*.log {', false],
    ['# /var/log/app/app.log.1', false],
  ])('a log is rotated by %j: %s', async (text, rotated) => {
    const server = await serverWith({ logFile: '/var/log/app/app.log' });
    const files = { '/etc/logrotate.d/app': text, '/var/log/app/app.log': '' };
    expect(filesOf(plantedSystem({ files }), server, cache).logs[0]).toMatchObject({
      rotated,
      writable: true,
    });
  });

  it('an access log is a log, and a directory is none that can be written', async () => {
    const server = await serverWith({ accessLog: '/var/log' });
    const files = { '/var': { kind: 'directory' }, '/var/log': { kind: 'directory' } } as const;
    expect(filesOf(plantedSystem({ files }), server, cache).logs).toMatchObject([
      { option: '--access-log', file: '/var/log', isDirectory: true, writable: false },
    ]);
    const none = await serverWith({ accessLog: '-' });
    expect(filesOf(plantedSystem(), none, cache).logs).toEqual([]);
  });

  it.each([
    [{}, /no such directory/],
    [{ '/run/app': { kind: 'directory' }, '/run/app/a.pid': 'pid: 7\n' }, /holds no pid/],
    [{ '/run/app': { kind: 'directory' }, '/run/app/a.pid': '7\n' }, undefined],
    [{ '/run/app': { kind: 'directory' }, '/run/app/a.pid': '' }, undefined],
    [{ '/run/app': { kind: 'directory' } }, undefined],
  ] as const)('the pid file in %j: %s', async (files, problem) => {
    const server = await serverWith({ pidFile: '/run/app/a.pid' });
    const { pidFileProblem } = filesOf(plantedSystem({ files }), server, cache);
    if (problem === undefined) expect(pidFileProblem).toBeUndefined();
    else expect(pidFileProblem).toMatch(problem);
  });

  it('a directory that is closed to this user takes no pid file', async () => {
    const server = await serverWith({ pidFile: '/run/app/a.pid' });
    const files = { '/run/app': { kind: 'directory' } } as const;
    const system = plantedSystem({ files, can: (_path, access) => access !== 'write' });
    expect(filesOf(system, server, cache).pidFileProblem).toMatch(/may not write to \/run\/app$/);
  });

  it('a pipe or a device is no log that fills a disk', async () => {
    const server = await serverWith({ logFile: '/dev/stdout' });
    const files = { '/dev/stdout': { kind: 'other' } } as const;
    expect(filesOf(plantedSystem({ files }), server, cache).logs).toEqual([]);
  });

  it.each([
    [{ '/tmp': { kind: 'directory', mode: 0o1777 } }, undefined],
    [{ '/tmp': { kind: 'directory', mode: 0o777 } }, /every user/],
    [{ '/tmp/tshorn-1000': { kind: 'directory', uid: 7 } }, /uid 7/],
    [{ '/tmp': {} }, /no directory/],
  ] as const)('the compile cache in %j: %s', (files, problem) => {
    const { compileCacheProblem: found } = filesOf(plantedSystem({ files }), undefined, cache);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });
});

describe('network', () => {
  const row = (local: string, state = '0A') => `   0: ${local} 00000000:0000 ${state} 0:0 0:0 0 0 0 4711 1`;
  const any6 = '0'.repeat(32);

  it.each([
    ['127.0.0.1:8000', { tcp: row('0100007F:1F40') }, true],
    ['127.0.0.1:8000', { tcp: row('00000000:1F40') }, true],
    ['127.0.0.1:8000', { tcp: row('0200007F:1F40') }, false],
    ['127.0.0.1:8000', { tcp: row('0100007F:1F40', '01') }, false],
    ['127.0.0.1:8001', { tcp: row('0100007F:1F40') }, false],
    [':8000', { tcp: row('0100007F:1F40') }, true],
    ['0.0.0.0:8000', { tcp6: row(`${any6}:1F40`) }, true],
    ['0.0.0.0:8000', { tcp6: row(`${'0'.repeat(24)}01000000:1F40`) }, false],
    ['[::1]:8000', { tcp6: row(`${'0'.repeat(24)}01000000:1F40`) }, true],
    ['example.com:8000', { tcp: row('00000000:1F40') }, false],
    ['127.0.0.1:0', { tcp: row('00000000:0000') }, false],
  ])(
    '%s beside %j: in use %s',
    async (bind, { tcp = '', tcp6 = '' }: { tcp?: string; tcp6?: string }, isTaken) => {
      const server = await serverWith({ bind: [bind] });
      const system = plantedSystem({
        files: {
          '/proc/net/tcp': `head\n${tcp}\n`,
          '/proc/net/tcp6': `head\n${tcp6}\n`,
          '/proc/12/cmdline': 'nginx\0',
        },
        links: { '/proc/12/fd/3': 'socket:[4711]' },
      });
      const expected = { address: expect.any(String), pids: [12], program: 'nginx' };
      expect(networkOf(system, server).taken).toEqual(isTaken ? [expected] : []);
    },
  );

  it('finds the server of a unix socket', async () => {
    const server = await serverWith({ bind: ['unix:/run/a.sock'] });
    const line = (flags: string) => `0000000000000000: 00000002 00000000 ${flags} 0001 01 99 /run/a.sock`;
    const taken = (flags: string) =>
      networkOf(plantedSystem({ files: { '/proc/net/unix': line(flags) } }), server).taken;
    expect(taken('00010000')).toEqual([{ address: 'unix:/run/a.sock', pids: [] }]);
    expect(taken('00000000')).toEqual([]);
  });

  it('knows who may bind a low port', () => {
    const may = (status: string) =>
      networkOf(plantedSystem({ files: { '/proc/self/status': status } }), undefined).mayBindLow;
    expect(may('CapEff:\t0000000000000400\n')).toBe(true);
    expect(may('CapEff:\t0000000000000000\n')).toBe(false);
  });
});

describe('release', () => {
  const files = { '/srv/releases/42/app.js': '', '/srv/node_modules/.bin/x': '' };

  it.each([
    ['/srv/releases/42', { '/srv/current': '/srv/releases/42' }, '/srv/current'],
    ['/srv/releases/42', { '/srv/web': '/srv/releases/42' }, '/srv/web'],
    ['/srv/releases/42/server', { '/srv/current': '/srv/releases/42' }, '/srv/current/server'],
    ['/srv/releases/42', { '/srv/current': '/srv/releases/41' }, undefined],
    ['/srv/current', { '/srv/current': '/srv/releases/42' }, undefined],
    ['/srv/app', { '/srv/alias': '/srv/app' }, undefined],
  ])('%s beside %j: the link is %s', (cwd, links: Record<string, string>, link) => {
    const more = { ...files, '/srv/app/x': '', '/srv/releases/42/server/x': '' };
    expect(releaseOf(plantedSystem({ files: more, links }), cwd).linkBeside).toBe(link);
  });

  const elf = (machine: number, symbol = '') =>
    `\x7fELF${'\0'.repeat(14)}${String.fromCharCode(machine)}\0${'\0'.repeat(8)}${symbol}\0`;
  it.each([
    ['Node-API', elf(62, 'napi_register_module_v1'), undefined],
    ['this Node', elf(62, 'node_register_module_v137'), undefined],
    ['another Node', elf(62, 'node_register_module_v115'), /VERSION 115/],
    ['another CPU', elf(183), /CPU/],
    ['macOS', `\xcf\xfa\xed\xfe${'\0'.repeat(20)}`, /another system/],
  ])('an addon of %s', (_name, content, why) => {
    const addon = '/srv/node_modules/@scope/x/build/Release/x.node';
    const { foreignAddons } = releaseOf(
      plantedSystem({ files: { [addon]: content, '/srv/a.js': '' } }),
      '/srv',
    );
    expect(foreignAddons).toEqual(why ? [{ file: addon, why: expect.stringMatching(why) }] : []);
  });

  it('packages of another platform have been copied here', () => {
    const packages = {
      'node_modules/a': { os: ['darwin'], cpu: ['arm64'] },
      'node_modules/b': { os: ['linux'], cpu: ['x64'] },
      'node_modules/c': { os: ['!win32'] },
      'node_modules/not-here': { os: ['win32'] },
    };
    const planted = {
      '/srv/node_modules/.package-lock.json': JSON.stringify({ packages }),
      '/srv/node_modules/a/x': '',
      '/srv/node_modules/b/x': '',
      '/srv/node_modules/c/x': '',
    };
    expect(releaseOf(plantedSystem({ files: planted }), '/srv').foreignAddons).toEqual([
      { file: '/srv/node_modules/a', why: 'it is for darwin, arm64' },
    ]);
  });
});

describe('node', () => {
  it('finds modules of NODE_OPTIONS and --node-options that are not there', () => {
    const system = plantedSystem({ env: { NODE_OPTIONS: '--require ./not-there.cjs -r jest' } });
    const { missingModules } = nodeOf(
      system,
      __dirname,
      '--import=/nowhere.mjs --import data:text/javascript,1',
    );
    expect(missingModules).toEqual(['./not-there.cjs', '/nowhere.mjs']);
  });
});
