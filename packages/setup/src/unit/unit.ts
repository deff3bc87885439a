/**
 * `tshorn unit`: the service of exactly this app, with these options, for this Node and this user. Reads the machine, and
 * writes nothing.
 */
import { lookup } from 'node:dns/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Resolved, readCommandLine, resolveConfig, serviceControlPath } from '@tshorn/config';
import { type BindAddress, readPackage, resolveApp, TshornError, unscoped } from '@tshorn/core';
import { shellWord } from '../shell-word.ts';
import type { Made } from '../write-files.ts';
import { directoriesOf, filesMade, type ServiceUser } from './directories.ts';
import { type Machine, SERVICE_PATH } from './machine.ts';
import { missingVariables } from './missing-variables.ts';
import { serverWords } from './server-words.ts';
import { envFileOf, type Service, serviceFile } from './service.ts';
import { socketFile } from './socket.ts';
import { findNode, findTshorn } from './stable-path.ts';

export interface UnitOptions {
  /** Makes a socket unit, too. */
  readonly socket?: boolean | undefined;
  /** Version of systemd, in place of the one of this machine. */
  readonly systemdVersion?: number | undefined;
  /** Name of the unit, without `.service`. Default: the name of the package, or of its directory. */
  readonly name?: string | undefined;
  /** The directory that the files are written to; absent: they are printed. */
  readonly write?: string | undefined;
}

/**
 * @param argv the words of a server: `app.js --workers 4`
 * @throws TshornError as a start would: a wrong option, a missing app
 */
export async function makeUnits(
  argv: readonly string[],
  options: UnitOptions,
  machine: Machine,
): Promise<Made> {
  const { env, cwd } = machine;
  const resolved = await resolveConfig({ argv, env, cwd });
  const { config } = resolved;
  const app = resolveApp(config.app, config.cwd);
  const name = options.name ?? nameOf(config.cwd, app.file);
  const user = serviceUser(resolved, machine);
  const isOwnControl = resolved.origins.control === 'default';
  const control = isOwnControl ? serviceControlPath(name) : config.control;
  const isLinked = machine.realpath(config.cwd) !== config.cwd;
  const server = serverWords({
    resolved,
    commandLine: readCommandLine(argv, cwd),
    env,
    cwd,
    isLinked,
    ...(options.socket && { binds: [{ kind: 'systemd', name }] }),
    ...(isOwnControl && { control: control as string }),
  });
  const [node, tshorn] = [findNode(machine), findTshorn(machine)];
  const binds = options.socket ? [] : config.bind;
  const directories = directoriesOf(
    {
      made: filesMade(config, binds, control),
      written: writtenBy(app.file, config.cwd),
      read: [node.path, tshorn.path, app.file, ...config.envFile, ...(resolved.file ? [resolved.file] : [])],
    },
    {
      ...(isOwnControl && { runtime: `tshorn/${name}` }),
      ...(config.compileCache && { cache: `tshorn/${name}` }),
    },
    user,
    machine,
  );
  const lowPort = binds.find((bind) => bind.kind === 'tcp' && bind.port > 0 && bind.port < 1024);
  const version = options.systemdVersion ?? machine.systemdVersion();
  const release = isLinked ? undefined : linkTo(config.cwd, machine);
  const set = [...server.environment.map(([variable]) => variable), ...server.secrets];
  const missing = missingVariables(resolved, app.file, new Set(set));
  const warnings = [
    ...resolved.warnings,
    ...(missing.length === 0
      ? []
      : [`the service needs ${missing.join(', ')}, which the code reads: put it into ${envFileOf(name)}`]),
    ...(version === undefined ? [NO_SYSTEMD] : []),
    ...(config.watch ? ['--watch is for development: a service is reloaded by systemctl reload'] : []),
    ...(release === undefined
      ? []
      : [`the link ${release} leads here: type this there, so that each reload finds the new release`]),
    ...(user.name !== undefined && user.uid === undefined && !/^\d+$/.test(user.name)
      ? [`this machine has no user ${user.name}: make it by useradd --system ${user.name}`]
      : []),
    ...[node.warning, tshorn.warning].filter((warning) => warning !== undefined),
    ...(isLinked && isInside(tshorn.path, config.cwd) ? [releaseWarning(config.cwd)] : []),
    ...directories.problems,
  ];
  const path = pathOf(node.path);
  const description = `${name}, served by tshorn`;
  const service: Service = {
    name,
    description,
    head: [
      `${name}.service, printed by tshorn ${machine.version} for Node ${machine.nodeVersion} and ${versionText(version)}.`,
    ],
    user,
    ...(config.group !== undefined && { group: config.group }),
    program: [node.path, tshorn.path],
    ...(path !== undefined && { path }),
    server,
    missing,
    ...(control !== undefined && { control }),
    config,
    directories,
    maybeWritten: USUALLY_WRITTEN.map((each) => join(config.cwd, each)).filter(
      (path) => machine.stat(path)?.isDirectory,
    ),
    hasSocket: options.socket === true,
    ...(lowPort?.kind === 'tcp' && { lowPort: lowPort.port }),
    version,
    warnings,
  };
  const files = [{ name: `${name}.service`, text: serviceFile(service) }];
  if (options.socket) files.push({ name: `${name}.socket`, text: await makeSocket(name, resolved, user) });
  const names = files.map((file) => file.name);
  return { files, warnings, next: nextLines(names, options.write ?? '.', machine) };
}

/** Where systemd looks for units that an administrator has written or that are there until the next boot. */
const UNIT_DIRECTORIES = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system'];

function nextLines(names: readonly string[], directory: string, { cwd, account }: Machine): string[] {
  const sudo = account.uid === 0 ? '' : 'sudo ';
  const isInPlace = UNIT_DIRECTORIES.includes(resolve(cwd, directory));
  const paths = names.map((name) => shellWord(join(directory, name))).join(' ');
  const lines = [
    ...(isInPlace ? [] : [`cp ${paths} ${UNIT_DIRECTORIES[0]}/`]),
    'systemctl daemon-reload',
    `systemctl enable --now ${[...names].reverse().join(' ')}`,
  ];
  return lines.map((line, at) => `${at === 0 ? 'next:' : '     '} ${sudo}${line}`);
}

/** The name of the package; else that of the directory, unless it is one of a release; else that of the app. */
function nameOf(cwd: string, app: string): string {
  const { name } = readPackage(cwd) ?? {};
  const directory = [cwd, dirname(cwd), dirname(dirname(cwd))]
    .map((path) => basename(path))
    .find((each) => !/^(current|releases|dist|build|src|app|)$|^[\d._-]+$/.test(each));
  const found = typeof name === 'string' && name !== '' ? unscoped(name) : (directory ?? basename(app));
  return found.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'app';
}

/** `--user`; else who types this, or who has become root by sudo; else a user that systemd makes. */
function serviceUser({ config }: Resolved, { account, env, accountOf }: Machine): ServiceUser {
  const sudo = account.uid === 0 && env.SUDO_USER !== 'root' ? env.SUDO_USER : undefined;
  const name = config.user ?? (account.uid === 0 ? sudo : account.name);
  if (name === undefined) return {};
  const { uid, groups } = accountOf(name) ?? {};
  return { name, ...(uid !== undefined && { uid }), ...(groups && { groups }) };
}

const versionText = (version: number | undefined) =>
  version === undefined ? 'any systemd' : `systemd ${version}`;

const NO_SYSTEMD =
  'this machine has no systemd, so that the unit is for any version: type this on the server, where its paths and its user are';

/** A link to the directory, such as `current` beside the releases. */
function linkTo(directory: string, machine: Machine): string | undefined {
  const above = [dirname(directory), dirname(dirname(directory))];
  const links = above.flatMap((parent) => machine.linksIn(parent).map((name) => join(parent, name)));
  return links.find((link) => machine.realpath(link) === directory);
}

const isInside = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);

const releaseWarning = (cwd: string): string =>
  `tshorn is part of the release that ${cwd} points to, and the master starts workers from there: keep that release until the service is restarted, or install tshorn outside of the releases`;

const USUALLY_WRITTEN = ['data', 'db', 'storage', 'upload', 'uploads', 'public/uploads', 'tmp', 'var'];

/** Directories that a known framework writes to while it serves. */
const writtenBy = (app: string, cwd: string): string[] =>
  /\/node_modules\/next\//.test(app) ? [`${cwd}/.next`] : [];

/** A program that the app starts may be `node` or `npx`. */
function pathOf(node: string): string | undefined {
  const directory = dirname(node);
  return SERVICE_PATH.split(':').includes(directory) ? undefined : `${directory}:${SERVICE_PATH}`;
}

async function makeSocket(name: string, { config }: Resolved, user: ServiceUser): Promise<string> {
  const hosts = config.bind.flatMap((bind: BindAddress) =>
    bind.kind === 'tcp' && bind.host !== '' ? [bind.host] : [],
  );
  const found = await Promise.all(
    hosts.map(
      async (host): Promise<[string, string]> => [host, (await lookup(host, { verbatim: false })).address],
    ),
  ).catch((error: NodeJS.ErrnoException) => {
    throw new TshornError(
      'ERR_ADDRESS',
      `--socket: systemd listens on addresses, and a host of --bind has none: ${error.message}`,
    );
  });
  const addresses = new Map(found);
  return socketFile({
    name,
    description: `The addresses of ${name}`,
    head: [`${name}.socket`],
    binds: config.bind,
    unixMode: config.unixMode,
    ...(user.name !== undefined && { user: user.name }),
    addressOf: (host) => addresses.get(host) ?? host,
  });
}
