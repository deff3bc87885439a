import fs from 'node:fs';
import path from 'node:path';
import type { Given as GivenMachine } from './testing/machine.ts';
import { argvOf, settingOf, wordsOf } from './testing/parse-unit.ts';
import { Project } from './testing/units.ts';
import type { UnitOptions } from './unit.ts';

type Given = GivenMachine & { readonly links?: true };

const project = new Project();
beforeEach(() => project.make());
afterEach(() => project.remove());

it('the service starts exactly this app with these options, as this user, from here', async () => {
  const { service, names, argv, warnings, environment } = await project.units([
    'app.js',
    '-w',
    '4',
    '--grace=20',
    '--',
    '--fast',
    'a b',
  ]);
  expect(names).toEqual(['shop.service']);
  expect(argv).toEqual([
    '/usr/bin/node',
    '/usr/local/bin/tshorn',
    'app.js',
    '--workers',
    '4',
    '--grace',
    '20',
    '--control',
    '/run/tshorn/shop/control.sock',
    '--',
    '--fast',
    'a b',
  ]);
  expect(settingOf(service, 'User')).toBe('ann');
  expect(settingOf(service, 'WorkingDirectory')).toBe(project.cwd);
  expect(environment).toEqual(['NODE_ENV=production']);
  expect(warnings).toEqual([]);
});

it('the text as a whole', async () => {
  const { service } = await project.units(['app.js', '--bind', ':80'], { name: 'web' });
  expect(
    service
      .replaceAll(project.cwd, '/srv/shop')
      .replace(/ProtectHome=.*/, 'ProtectHome=yes')
      .replace(/# The app, tshorn or Node lies.*\n/, ''),
  ).toMatchInlineSnapshot(`
"# web.service, printed by tshorn 0.1.0 for Node 24.11.0 and systemd 252.

[Unit]
Description=web, served by tshorn
# The network is up before the app asks for its database, or the addresses are
# bound.
Wants=network-online.target
After=network-online.target
# systemd tries again for ever: the database may come back.
StartLimitIntervalSec=0

[Service]
# start returns when all workers are ready; reload returns with the verdict, and
# fails when it does.
Type=notify
# The messages come from systemd-notify, a child of the master.
NotifyAccess=all
# The master drains its workers itself; what remains after TimeoutStopSec= is
# killed.
KillMode=mixed

User=ann
WorkingDirectory=/srv/shop
Environment=NODE_ENV=production
# NAME=value lines with secrets: this file is read by everybody, that one by
# root alone (mode 600).
#EnvironmentFile=/etc/web.env
ExecStart=/usr/bin/node /usr/local/bin/tshorn app.js --bind :80 --control /run/tshorn/web/control.sock
ExecReload=/usr/bin/node /usr/local/bin/tshorn reload --control /run/tshorn/web/control.sock
SyslogIdentifier=web

# --boot-timeout and 10 s.
TimeoutStartSec=130
# --grace, and 10 s for what a worker does at its end.
TimeoutStopSec=40
# The master reports twice in this time that its loop turns. When it hangs,
# systemd restarts it.
WatchdogSec=30
Restart=on-failure
RestartSec=1
# A retry does not correct a wrong option. An address may become right: exit
# code 7 is tried again.
RestartPreventExitStatus=2
# The kernel may end one process for its memory: the master replaces a worker,
# and the others serve on.
OOMPolicy=continue

# The control socket, where \`tshorn reload\` and \`tshorn status\` find it.
RuntimeDirectory=tshorn/web
RuntimeDirectoryMode=0700
# Has the compiled code of the app, for a faster start.
CacheDirectory=tshorn/web
# All else is read-only. Name here the directories that the app writes to; a
# line may be repeated.
ProtectSystem=strict
#ReadWritePaths=/srv/shop/data
ProtectHome=yes
PrivateTmp=yes

# Port 80 needs this right.
AmbientCapabilities=CAP_NET_BIND_SERVICE
# No other is needed.
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
# Refuses other calls instead of killing: V8 calls pkey_alloc, and works without
# it.
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute= must be off: V8 compiles at run time.
MemoryDenyWriteExecute=no
UMask=0027
# Each connection is an open file.
LimitNOFILE=524288
# --boot-nice raises the priority of a worker again before it serves.
LimitNICE=+0

[Install]
WantedBy=multi-user.target
"
`);
});

it('a flag that says yes by itself is printed by itself', async () => {
  const { argv } = await project.units(['app.js', '--watch', '--no-handoff', '--workers', '2']);
  expect(argv.slice(2, -2)).toEqual(['app.js', '--workers', '2', '--no-handoff', '--watch']);
});

describe('the deadlines follow the options, wherever they are given', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['on the command line', ['--grace', '1m', '--stop-delay', '10s', '--boot-timeout', '30s'], {}, '{}'],
    [
      'in the environment',
      [],
      { TSHORN_GRACE: '1m', TSHORN_STOP_DELAY: '10s', TSHORN_BOOT_TIMEOUT: '30s' },
      '{}',
    ],
    ['in the config file', [], {}, '{"grace":"1m","stopDelay":"10s","bootTimeout":"30s"}'],
  ])('%s', async (_, flags, env, config) => {
    project.write('tshorn.config.json', config);
    const { service } = await project.units(['app.js', ...flags], {}, { env });
    expect(settingOf(service, 'TimeoutStopSec')).toBe('80');
    expect(settingOf(service, 'TimeoutStartSec')).toBe('40');
  });
});

describe('a reload', () => {
  it('sends HUP from 253 on, and systemd waits for its end', async () => {
    const { service } = await project.units(['app.js'], { systemdVersion: 253 });
    expect(settingOf(service, 'Type')).toBe('notify-reload');
    expect(service).toContain('\n# tshorn reload --control /run/tshorn/shop/control.sock\n');
    const without = await project.units(['app.js', '--no-control'], { systemdVersion: 253 });
    expect(without.service).not.toContain('tshorn reload');
    expect(settingOf(service, 'ExecReload')).toBeUndefined();
  });

  it.each([252, undefined])('is the command for systemd %p', async (version) => {
    const { service } = await project.units(['app.js'], {}, { systemdVersion: () => version });
    expect(settingOf(service, 'Type')).toBe('notify');
    expect(argvOf(settingOf(service, 'ExecReload') ?? '')).toEqual([
      '/usr/bin/node',
      '/usr/local/bin/tshorn',
      'reload',
      '--control',
      '/run/tshorn/shop/control.sock',
    ]);
  });

  it('is a signal without a control socket', async () => {
    const { service, argv } = await project.units(['app.js', '--no-control']);
    expect(settingOf(service, 'ExecReload')).toBe('/bin/kill -HUP $MAINPID');
    expect(argv).toContain('--no-control');
    expect(settingOf(service, 'RuntimeDirectory')).toBeUndefined();
  });
});

it.each(['--log-file', '--output-file'])('%s is rotated by a signal to the master alone', async (flag) => {
  const { service } = await project.units(['app.js', flag, '/var/log/shop/a.log']);
  expect(service).toContain('\n# systemctl kill --kill-who=main --signal=USR1 shop.service\n');
});

describe('a release that is switched by a link', () => {
  it('is named by the link, for every reload', async () => {
    const link = `${project.cwd}-current`;
    fs.symlinkSync(project.cwd, link);
    try {
      const files = { [path.join(project.cwd, 'app.js')]: true, [link]: project.cwd } as const;
      const { argv, service } = await project.units(['app.js'], {}, { cwd: link, files });
      expect(argv.slice(2, 5)).toEqual(['app.js', '--chdir', link]);
      expect(settingOf(service, 'WorkingDirectory')).toBe(link);
    } finally {
      fs.unlinkSync(link);
    }
  });
});

it.each<[string, string[], UnitOptions, Given, string]>([
  ['a link that leads here', ['app.js'], {}, { links: true }, 'type this there'],
  ['no systemd', ['app.js'], {}, { systemdVersion: () => undefined }, 'type this on the server'],
  ['watch mode', ['app.js', '--watch'], {}, {}, '--watch is for development'],
])('%s is a warning, in the unit too', async (_, argv, options, { links, ...given }, words) => {
  const files = links && { files: { [path.join(project.cwd, '../current')]: project.cwd } };
  const { warnings, service } = await project.units(argv, options, { ...given, ...files });
  expect(warnings).toEqual([expect.stringContaining(words)]);
  expect(service.replaceAll('\n#', '')).toContain(words);
});

describe('paths', () => {
  it('of the command line start from where it was typed', async () => {
    project.write('env', 'A=1');
    project.write('x.json', '{}');
    const { argv } = await project.units([
      'app.js',
      '--environment-file',
      'env',
      '-c',
      'x.json',
      '--bind',
      'unix:web.sock',
    ]);
    expect(argv).toEqual(
      expect.arrayContaining([
        path.join(project.cwd, 'env'),
        path.join(project.cwd, 'x.json'),
        `unix:${project.cwd}/web.sock`,
      ]),
    );
  });

  it('may have spaces, %, $ and quotes', async () => {
    const odd = path.join(project.cwd, 'my $app 100% "new"');
    fs.mkdirSync(odd);
    fs.writeFileSync(path.join(odd, 'app.js'), '');
    const files = { [path.join(odd, 'app.js')]: true } as const;
    const { argv, service } = await project.units(
      ['./app.js', '--log-file', 'a b.log'],
      {},
      { cwd: odd, files, stats: { [odd]: { uid: 1000 } } },
    );
    expect(argv).toEqual(expect.arrayContaining(['./app.js', 'a b.log']));
    expect(wordsOf(settingOf(service, 'ReadWritePaths') ?? '')).toEqual([odd]);
  });
});

it.each([
  [['nope.js'], 'ERR_APP_MISSING'],
  [['app.js', '--workers', 'x'], 'ERR_OPTION'],
  [['app.js', '--wokers', '2'], 'ERR_OPTION'],
])('%j is refused as a start would', async (argv, code) => {
  await expect(project.units(argv)).rejects.toMatchObject({ code });
});
