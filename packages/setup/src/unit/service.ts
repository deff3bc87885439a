/** Renders the `.service` file. Pure. */
import type { Config } from '@tshorn/config';
import { wrapComments } from '../wrap-comments.ts';
import type { Directories, ServiceUser } from './directories.ts';
import { assignment, commandLine, pathList, restOfLine } from './quote.ts';
import type { ServerWords } from './server-words.ts';

export interface Service {
  readonly name: string;
  readonly description: string;
  /** The lines before the first section, without their `#`. */
  readonly head: readonly string[];
  readonly user: ServiceUser;
  readonly group?: string;
  /** Node and tshorn. */
  readonly program: readonly [node: string, tshorn: string];
  /** PATH, where Node is not in that of systemd. */
  readonly path?: string;
  readonly server: ServerWords;
  /** Variables that the code reads, and that nothing here sets. */
  readonly missing: readonly string[];
  /** The control socket; absent: none. */
  readonly control?: string;
  readonly config: Config;
  readonly directories: Directories;
  /** Directories that the app may write to, by their names. */
  readonly maybeWritten: readonly string[];
  readonly hasSocket: boolean;
  /** A port below 1024 that the server binds by itself. */
  readonly lowPort?: number;
  /** The version of systemd; undefined: unknown. */
  readonly version: number | undefined;
  /** Likely mistakes, one line each. */
  readonly warnings: readonly string[];
}

/** The file with the secrets of a service. */
export const envFileOf = (name: string): string => `/etc/${name}.env`;

/** The first version with `Type=notify-reload`. */
const NOTIFY_RELOAD = 253;
/** Seconds beyond a deadline of the master, which then ends the phase by itself. */
const MARGIN = 10;

export function serviceFile(service: Service): string {
  const { head, warnings } = service;
  const sections = [
    unitSection(service),
    serviceSection(service),
    ['[Install]', 'WantedBy=multi-user.target'],
  ];
  const warned = warnings.map((warning) => `WARNING: ${warning}`);
  const comments = [...head, ...warned].map((line) => `# ${line}`).join('\n');
  const text = [comments, ...sections.map((lines) => lines.flat().join('\n'))].join('\n\n');
  return `${wrapComments(text, '#')}\n`;
}

const unitSection = ({ name, description, hasSocket }: Service): string[] => [
  '[Unit]',
  `Description=${restOfLine('Description', description)}`,
  ...(hasSocket ? [`Requires=${name}.socket`, `After=${name}.socket`] : []),
  '# The network is up before the app asks for its database, or the addresses are bound.',
  'Wants=network-online.target',
  'After=network-online.target',
  '# systemd tries again for ever: the database may come back.',
  'StartLimitIntervalSec=0',
];

const serviceSection = (service: Service): string[] => [
  '[Service]',
  ...typeLines(service),
  '',
  ...userLines(service),
  `WorkingDirectory=${restOfLine('WorkingDirectory', service.server.workingDirectory)}`,
  ...environmentLines(service),
  `ExecStart=${commandLine([...service.program, ...service.server.words])}`,
  ...reloadLines(service),
  ...rotationLines(service),
  `SyslogIdentifier=${service.name}`,
  '',
  ...deadlineLines(service),
  '',
  ...directoryLines(service),
  '',
  ...rightsLines(service),
];

function typeLines({ version, control }: Service): string[] {
  const isNew = version !== undefined && version >= NOTIFY_RELOAD;
  const start = '# start returns when all workers are ready';
  const reload = isNew
    ? [
        `${start}; reload sends HUP and returns when it has ended.`,
        '# systemd calls a reload that is rolled back a success, too.',
        ...(control === undefined ? [] : ['# For its verdict:', `# tshorn reload --control ${control}`]),
      ]
    : control === undefined
      ? [`${start}.`]
      : [`${start}; reload returns with the verdict, and fails when it does.`];
  return [
    ...reload,
    `Type=${isNew ? 'notify-reload' : 'notify'}`,
    '# The messages come from systemd-notify, a child of the master.',
    'NotifyAccess=all',
    '# The master drains its workers itself; what remains after TimeoutStopSec= is killed.',
    'KillMode=mixed',
  ];
}

function userLines({ user, group }: Service): string[] {
  if (user.name === undefined) {
    return [
      '# A user that exists only while the service runs: it can read what all users can. For one with an account:',
      '# tshorn unit --user NAME ...',
      'DynamicUser=yes',
    ];
  }
  return [`User=${user.name}`, ...(group === undefined ? [] : [`Group=${group}`])];
}

function environmentLines({ name, path, missing, server }: Service): string[] {
  const { environment, secrets } = server;
  const own = [...(path === undefined ? [] : [['PATH', path] as const]), ...environment.slice(0, 1)];
  const found = environment.slice(1);
  const line = ([variable, value]: readonly [string, string]) => `Environment=${assignment(variable, value)}`;
  const why =
    '# NAME=value lines with secrets: this file is read by everybody, that one by root alone (mode 600).';
  return [
    ...own.map(line),
    ...(found.length > 0 ? ['# From the environment that `tshorn unit` was typed in.'] : []),
    ...found.map(line),
    why,
    ...envFileLines(envFileOf(name), secrets, missing),
  ];
}

/** A start without the variables of the code is left to the app: it may have values of its own. */
function envFileLines(file: string, secrets: readonly string[], missing: readonly string[]): string[] {
  const all = [...secrets, ...missing];
  if (all.length === 0) return [`#EnvironmentFile=${file}`];
  const mark = secrets.length > 0 ? '' : '-';
  return [`# It has to hold ${all.join(', ')}.`, `EnvironmentFile=${mark}${file}`];
}

function reloadLines({ version, control, program }: Service): string[] {
  if (version !== undefined && version >= NOTIFY_RELOAD) return [];
  if (control === undefined) return ['ExecReload=/bin/kill -HUP $MAINPID'];
  return [`ExecReload=${commandLine([...program, 'reload', '--control', control])}`];
}

/** USR1 opens the inspector in a worker, so that only the master may get it. `--kill-who` is known to every version. */
const rotationLines = ({ name, config }: Service): string[] =>
  config.logFile === undefined && config.outputFile === undefined
    ? []
    : [
        '# logrotate tells the master alone that the log has moved, behind postrotate:',
        `# systemctl kill --kill-who=main --signal=USR1 ${name}.service`,
      ];

function deadlineLines({ config }: Service): string[] {
  const seconds = (ms: number) => Math.ceil(ms / 1000) + MARGIN;
  const stopFlags = config.stopDelay > 0 ? '--stop-delay and --grace' : '--grace';
  return [
    `# --boot-timeout and ${MARGIN} s.`,
    `TimeoutStartSec=${seconds(config.bootTimeout)}`,
    `# ${stopFlags}, and ${MARGIN} s for what a worker does at its end.`,
    `TimeoutStopSec=${seconds(config.stopDelay + config.grace)}`,
    '# The master reports twice in this time that its loop turns. When it hangs, systemd restarts it.',
    'WatchdogSec=30',
    'Restart=on-failure',
    'RestartSec=1',
    '# A retry does not correct a wrong option. An address may become right: exit code 7 is tried again.',
    'RestartPreventExitStatus=2',
    '# The kernel may end one process for its memory: the master replaces a worker, and the others serve on.',
    'OOMPolicy=continue',
  ];
}

function directoryLines({ directories, maybeWritten, config, control }: Service): string[] {
  const { runtime, logs, state, cache, writable, sharesTmp, readsHome } = directories;
  const sharesRuntime = config.bind.some(({ kind }) => kind === 'unix') && runtime.length > 1;
  const made = (setting: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${setting}=${pathList(names)}`];
  const hasControl = runtime.some((name) => control?.startsWith(`/run/${name}/`));
  return [
    ...(hasControl ? ['# The control socket, where `tshorn reload` and `tshorn status` find it.'] : []),
    ...made('RuntimeDirectory', runtime),
    ...(runtime.length > 0 ? [`RuntimeDirectoryMode=${sharesRuntime ? '0755' : '0700'}`] : []),
    ...(config.compileCache ? ['# Has the compiled code of the app, for a faster start.'] : []),
    ...made('CacheDirectory', cache),
    ...made('LogsDirectory', logs),
    ...made('StateDirectory', state),
    '# All else is read-only. Name here the directories that the app writes to; a line may be repeated.',
    'ProtectSystem=strict',
    ...made('ReadWritePaths', writable),
    ...(maybeWritten.length > 0 || writable.length === 0
      ? [`#ReadWritePaths=${pathList(maybeWritten.length > 0 ? maybeWritten : [`${config.cwd}/data`])}`]
      : []),
    ...(readsHome
      ? ['# The app, tshorn or Node lies in a home directory.', 'ProtectHome=read-only']
      : ['ProtectHome=yes']),
    ...(sharesTmp ? ['# A file of this service lies in /tmp.', 'PrivateTmp=no'] : ['PrivateTmp=yes']),
  ];
}

function rightsLines({ config, lowPort }: Service): string[] {
  const capability = lowPort === undefined ? '' : 'CAP_NET_BIND_SERVICE';
  return [
    ...(lowPort === undefined
      ? ['# A Node server needs none of these rights.']
      : [
          `# Port ${lowPort} needs this right.`,
          `AmbientCapabilities=${capability}`,
          '# No other is needed.',
        ]),
    `CapabilityBoundingSet=${capability}`,
    'NoNewPrivileges=yes',
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RemoveIPC=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    '# Refuses other calls instead of killing: V8 calls pkey_alloc, and works without it.',
    'SystemCallErrorNumber=EPERM',
    '# MemoryDenyWriteExecute= must be off: V8 compiles at run time.',
    'MemoryDenyWriteExecute=no',
    'UMask=0027',
    '# Each connection is an open file.',
    'LimitNOFILE=524288',
    ...(config.bootNice > 0
      ? ['# --boot-nice raises the priority of a worker again before it serves.', 'LimitNICE=+0']
      : []),
  ];
}
