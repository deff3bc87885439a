/** Puts the layers together: defaults (those of watch mode first), the file, the environment, the command line. */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { formatWorkers, leastWorkers, mostWorkers, TshornError } from '@tshorn/core';
import { readCommandLine } from './command-line.ts';
import { defaultsFor, isDefault } from './defaults.ts';
import { meantBy } from './elsewhere.ts';
import { environmentWarnings, readEnvironment } from './environment.ts';
import { findConfigFile } from './find-file.ts';
import { fixedRange } from './fixed-range.ts';
import { type Given, type Origin, readGiven } from './given.ts';
import { HOOK_NAMES, type Hooks, WORKER_HOOKS } from './hooks.ts';
import { didYouMean } from './nearest.ts';
import { type Config, EVERY_OPTION, KEYS, type Key } from './options.ts';
import { networkOf } from './proxies-kind.ts';
import { readConfigFile } from './read-file.ts';
import type { Environment } from './row.ts';
import { withSchemes } from './schemes.ts';
import type { UserConfig } from './user-config.ts';

export interface ResolveRequest {
  /** The words after `tshorn`. */
  readonly argv?: readonly string[];
  readonly env: Environment;
  /** The directory that the command was given in. */
  readonly cwd: string;
  /** The library's `start(config)`: it ranks above the command line. */
  readonly overrides?: UserConfig;
  /** The configuration of the server that reloads: it stays in watch mode, or out of it, and keeps those defaults. */
  readonly running?: Pick<Config, 'watch'>;
}

export interface Resolved {
  readonly config: Config;
  readonly origins: Readonly<Record<Key, Origin>>;
  /** Options that somebody gave; the others have their defaults. */
  readonly given: ReadonlySet<Key>;
  /** Absolute path of the config file, where there is one. */
  readonly file: string | undefined;
  /** The file has hooks that run in workers, so that each worker has to import it. */
  readonly hooksInFile: boolean;
  /** Likely mistakes, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads every layer afresh, so that a reload calls it again with the same request.
 * @throws TshornError naming the option, where it stood, what it got and what is expected
 */
export async function resolveConfig({
  argv = [],
  env,
  cwd,
  overrides = {},
  running,
}: ResolveRequest): Promise<Resolved> {
  const commandLine = readCommandLine(argv, cwd);
  const outer = [
    ...readEnvironment(env, cwd),
    ...commandLine.given,
    ...givenByObject(overrides, 'start()', 'start()', cwd),
  ];
  const found = commandLine.file
    ? { file: resolve(cwd, commandLine.file), warnings: [] }
    : findConfigFile(directoryOf(outer, cwd));
  const inFile = found.file ? await readConfigFile(found.file) : {};
  const layers = [
    ...(found.file ? givenByObject(inFile, `file ${found.file}`, found.file, dirname(found.file)) : []),
    ...outer,
  ];

  const { values, origins } = defaultsFor({ env, cwd }, layers, running?.watch);
  const chdir = layers.findLast(({ key }) => key === 'cwd');
  if (chdir) checkDirectory(chdir);
  for (const given of layers) {
    const value = readGiven(given);
    if (given.key === 'cwd') values.cwd = resolve(given.base, value as string);
    else if (ABSOLUTE.has(given.key)) {
      const place = (path: string) => absolute(given.base, path, given.key);
      const paths = value as readonly string[] | string | undefined;
      values[given.key] = typeof paths === 'string' ? place(paths) : paths?.map(place);
    } else if (given.key === 'hooks') values.hooks = { ...(values.hooks as Hooks), ...(value as Hooks) };
    else values[given.key] = value;
    origins[given.key] = given.origin;
  }
  refuseWorkerHooks(overrides);
  const config = values as unknown as Config;
  if (config.app === undefined) throw missingApp(directoryOf(outer, cwd), cwd);
  const fromCwd = (path: string | undefined) => (path === undefined ? undefined : resolve(config.cwd, path));
  checkProxies(config);
  return {
    config: {
      ...config,
      bind: withSchemes(config),
      logFile: fromCwd(config.logFile),
      outputFile: fromCwd(config.outputFile),
      accessLog: /^-?$/.test(config.accessLog) ? config.accessLog : resolve(config.cwd, config.accessLog),
      control: fromCwd(config.control),
      adminToken: fromCwd(config.adminToken),
      pidFile: fromCwd(config.pidFile),
    },
    origins,
    given: new Set(KEYS.filter((key) => !isDefault(origins[key]))),
    file: found.file,
    hooksInFile: WORKER_HOOKS.some((name) => inFile.hooks?.[name] !== undefined),
    warnings: [
      ...commandLine.warnings,
      ...found.warnings,
      ...environmentWarnings(env),
      ...unused(config, origins),
      ...emptyToken(config, layers),
      ...looseNetworks(config),
      ...everybodyTrusted(config),
      ...neverReady(config),
      ...fixedRange(config.workers, layers.findLast(({ key }) => key === 'workers')?.input),
    ],
  };
}

/** Options that hold paths, each from the directory of the command or file that gives it. */
const CERTIFICATES: readonly Key[] = ['certfile', 'keyfile', 'keyfilePasswordFile', 'caCerts'];
const ABSOLUTE: ReadonlySet<Key> = new Set<Key>(['envFile', 'watchPath', 'watchIgnore', ...CERTIFICATES]);

function absolute(base: string, path: string, key: Key): string {
  if (key === 'envFile' || CERTIFICATES.includes(key)) return resolve(base, path);
  // A name to ignore is that of a file anywhere.
  if (key === 'watchIgnore' && !path.includes('/')) return path;
  // The name of the directory is no pattern.
  return resolve(base.replace(/[\\*?[{]/g, '\\$&'), path);
}

/** A config file may have them for those who develop the app, or for other servers. */
function unused(config: Config, origins: Resolved['origins']): string[] {
  const told: readonly (readonly [keys: readonly Key[], needed: string, isUsed: boolean])[] = [
    [['watchPath'], '--watch', config.watch],
    [
      ['scaleTarget', 'scaleUpAfter', 'scaleDownAfter'],
      'a range of --workers, such as 2..8',
      typeof config.workers !== 'number',
    ],
    [['queueLimit', 'overloadExempt'], '--overload shed', config.overload === 'shed'],
    [['statsdPrefix'], '--statsd', Boolean(config.statsd)],
    [['adminToken', 'readyWorkers'], '--admin or --agent', isAdministered(config)],
    [['accessLogFormat', 'accessLogSkip'], '--access-log', Boolean(config.accessLog)],
    [['caCerts'], '--cert-reqs optional or required', config.certReqs !== 'none'],
    [
      ['keyfilePasswordFile', 'certReqs', 'tlsMinVersion', 'tlsCiphers'],
      '--certfile',
      config.certfile.length > 0,
    ],
  ];
  const isGiven = (key: Key) => origins[key] === 'command line' && config[key] !== undefined;
  return told
    .filter(([, , isUsed]) => !isUsed)
    .flatMap(([keys, needed]) =>
      EVERY_OPTION.filter(({ key }) => keys.includes(key) && isGiven(key)).map(
        ({ flag }) => `--${flag} has no effect without ${needed}`,
      ),
    );
}

const isAdministered = ({ admin, agent }: Config): boolean => admin.length + agent.length > 0;

/** The variable of a shell that should hold the path may be unset. */
function emptyToken(config: Config, layers: readonly Given[]): string[] {
  const given = layers.findLast(({ key }) => key === 'adminToken');
  if (given?.input !== '' || given.place.startsWith('--no-') || !isAdministered(config)) return [];
  return [`${given.place} is empty: the admin listener asks for no token`];
}

/** More addresses are trusted than the text looks like. */
const looseNetworks = ({ trustedProxies }: Config): string[] =>
  trustedProxies.flatMap((item) => {
    const network = networkOf(item);
    return network === undefined ? [] : [`--trusted-proxies: ${item} is the network ${network}`];
  });

/** Then each client tells its own address, by a header of the PROXY protocol or of its request. */
const everybodyTrusted = ({ trustedProxies }: Config): string[] =>
  trustedProxies
    .filter((item) => item.endsWith('/0'))
    .map((item) => `--trusted-proxies: with ${item} any client can tell an address of its own choice`);

/** @throws TshornError ERR_OPTION: nobody's header would be read, and each connection of the proxy be a bad request */
function checkProxies({ proxyProtocol, trustedProxies }: Config): void {
  if (proxyProtocol === 'off' || trustedProxies.length > 0) return;
  const text = `proxy-protocol: ${proxyProtocol} reads headers of --trusted-proxies alone, and there are none`;
  throw new TshornError('ERR_OPTION', text, {
    fix: 'name the addresses of the proxy, as in --trusted-proxies 10.0.0.0/8, or leave --proxy-protocol out',
  });
}

/** A balancer would get no server at all, and no word why. */
function neverReady(config: Config): string[] {
  const { readyWorkers, workers } = config;
  const least = leastWorkers(workers);
  if (readyWorkers <= least || !isAdministered(config)) return [];
  const given = formatWorkers(workers);
  const text = `--ready-workers ${readyWorkers} is more than --workers ${given}${least < mostWorkers(workers) ? ' at rest' : ''}`;
  return [`${text}: /ready answers 503, and the agent "down"`];
}

function givenByObject(object: UserConfig, origin: Origin, where: string, base: string): Given[] {
  const entries = Object.entries(object).filter(([key, input]) => key !== '$schema' && input !== undefined);
  return entries.map(([key, input]) => {
    if (!(KEYS as readonly string[]).includes(key)) throw unknownKey(key, input, where);
    return { key: key as Key, input, origin, place: `${where}: ${key}`, base };
  });
}

/** Otherwise the app would be reported as missing. */
function checkDirectory(given: Given): void {
  const directory = resolve(given.base, readGiven(given) as string);
  if (isDirectory(directory)) return;
  throw new TshornError('ERR_OPTION', `${given.place}: there is no directory ${directory}`, {
    fix: 'create it, or correct the path; a relative path starts from the directory of the command or config file',
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Returns the directory to look for a config file in: `--chdir` and the like count, but not the file itself. */
const directoryOf = (outer: readonly Given[], cwd: string) => {
  const chdir = outer.findLast(({ key }) => key === 'cwd');
  return chdir ? resolve(cwd, readGiven(chdir) as string) : cwd;
};

function unknownKey(key: string, input: unknown, where: string): TshornError {
  if (key === 'apps') {
    const message = `${where}: it has "apps", as an ecosystem file of PM2`;
    return new TshornError('ERR_OPTION', message, { fix: `type: tshorn import ${where}` });
  }
  return new TshornError('ERR_OPTION', `${where}: ${key}: unknown option${hintFor(key, input)}`);
}

/** Names of other programs may have underscores, and those of flags have dashes. */
function hintFor(key: string, input: unknown): string {
  const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-');
  const camel = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if ((HOOK_NAMES as readonly string[]).includes(camel)) return `; it belongs in hooks: hooks.${camel}`;
  const ofFlag = (name: string) => EVERY_OPTION.find((option) => option.flag === name)?.key;
  const own = ofFlag(flag) ?? KEYS.find((name) => name === camel);
  if (own) return `; did you mean ${own}?`;
  const meant = meantBy(flag.length > 1 ? flag : '', typeof input === 'object' ? '' : input);
  if (meant === undefined) return didYouMean(key, KEYS);
  const inFile = meant.replace(/^did you mean --([a-z-]+)( \S+)?\?$/, (text, name: string, value = '') => {
    const its = ofFlag(name);
    return its ? `did you mean ${its}${value && `:${value}`}?` : text;
  });
  return `; ${inFile}`;
}

/** A function cannot be handed to another process; only a file can be imported there. */
function refuseWorkerHooks({ hooks }: UserConfig): void {
  const name = WORKER_HOOKS.find((candidate) => hooks?.[candidate] !== undefined);
  if (name === undefined) return;
  throw new TshornError(
    'ERR_HOOK',
    `start(): hooks.${name} runs in a worker, where it cannot be called from here`,
    {
      fix: 'put it in a config file, which workers import',
    },
  );
}

function missingApp(directory: string, cwd: string): TshornError {
  // Those of several servers in one directory, as an import makes them.
  const names = isDirectory(directory) ? readdirSync(directory) : [];
  const files = names.filter((name) => /^tshorn\..+\.config\.[cm]?[jt]s(on)?$/.test(name));
  const [first, ...others] = files.sort().map((name) => relative(cwd, join(directory, name)));
  const more = others.length === 0 ? '' : `; beside it: ${others.join(', ')}`;
  return new TshornError('ERR_OPTION', 'there is no app to serve', {
    fix:
      first === undefined
        ? 'name it, as in `tshorn app.js`, or write `app` in the config file; tshorn --help lists commands and options'
        : `type: tshorn --config ${first}${more}`,
  });
}
