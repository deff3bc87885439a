/** The command line and the variables of a server as a service starts it: from another directory, without a shell. Pure. */
import { relative, resolve } from 'node:path';
import {
  type CommandLine,
  type Environment,
  type Given,
  type Key,
  optionOf,
  type Resolved,
} from '@tshorn/config';
import { type BindAddress, formatAddress } from '@tshorn/core';

export interface ServerRequest {
  readonly resolved: Resolved;
  readonly commandLine: CommandLine;
  readonly env: Environment;
  /** The directory that the command was given in. */
  readonly cwd: string;
  /** In place of the given addresses; absent: those. */
  readonly binds?: readonly BindAddress[];
  /** The control socket, where nobody has chosen one. */
  readonly control?: string;
  /** The working directory is reached through a symbolic link, which each reload has to follow again. */
  readonly isLinked: boolean;
  /** For an image of this directory: paths in it become relative to it. */
  readonly within?: string;
}

export interface ServerWords {
  /** Behind the program. */
  readonly words: readonly string[];
  /** NODE_ENV comes first. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly workingDirectory: string;
  /** Names of variables with values that belong in no unit file, which everybody can read. */
  readonly secrets: readonly string[];
}

/** Variables besides those of options that change how Node or the app runs. */
const RUNTIME = [
  'PORT',
  'HOST',
  'TZ',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_PATH',
  'NODE_ICU_DATA',
  'UV_THREADPOOL_SIZE',
];

/** systemd has its own words for these. */
const UNITS_OWN: readonly Key[] = ['user', 'group', 'cwd'];

export function serverWords(request: ServerRequest): ServerWords {
  const { resolved, commandLine, env, cwd, binds, control, isLinked, within } = request;
  const named = (path: string) => (within === undefined ? path : relative(within, path));
  const { config, origins, file } = resolved;
  const skipped: readonly Key[] = binds === undefined ? UNITS_OWN : [...UNITS_OWN, 'bind'];
  const given = commandLine.given.filter(({ key }) => !skipped.includes(key));
  const secrets: string[] = [];
  const isSecret = (key: Key) => key === 'statusHeader' && config.statusHeader.some(holdsSecret);

  const flags = given.flatMap((each) => {
    if (each.key === 'app' || each.key === 'appArgs') return [];
    if (!isSecret(each.key)) return flagOf(each, named);
    secrets.push(optionOf(each.key).env[0] as string);
    return [];
  });
  const isInFile = (key: Key) => origins[key].startsWith('file ');
  // The directory of a file stays as it is named, link or not.
  const namesFile = commandLine.file !== undefined || (isLinked && isInFile('cwd'));
  const words = [
    ...given.flatMap(({ key, input }) => (key === 'app' ? [String(input)] : [])),
    ...(namesFile && file !== undefined ? ['--config', named(file)] : []),
    ...(isLinked && !isInFile('cwd') ? ['--chdir', config.cwd] : []),
    ...flags,
    ...(binds ?? []).flatMap((bind) => ['--bind', formatAddress(bind)]),
    ...(control === undefined ? [] : ['--control', control]),
    ...(['user', 'group'] as const).flatMap((key) => (isInFile(key) ? [`--no-${key}`] : [])),
    ...(given.some(({ key }) => key === 'appArgs') ? ['--', ...config.appArgs] : []),
  ];

  const environment: (readonly [string, string])[] = [['NODE_ENV', env.NODE_ENV || 'production']];
  for (const name of RUNTIME) if (env[name]) environment.push([name, env[name]]);
  for (const [key, origin] of Object.entries(origins) as [Key, string][]) {
    const name = /^environment (.+)/.exec(origin)?.[1];
    if (name === undefined || skipped.includes(key) || environment.some(([known]) => known === name))
      continue;
    if (isSecret(key)) secrets.push(name);
    else
      environment.push([name, key === 'envFile' ? config.envFile.map(named).join(',') : (env[name] ?? '')]);
  }
  return { words, environment, secrets, workingDirectory: isInFile('cwd') ? cwd : config.cwd };
}

function flagOf({ key, input, place, base }: Given, named: (path: string) => string): string[] {
  const flag = `--${optionOf(key).flag}`;
  if (place !== flag) return [place];
  const { alone } = optionOf(key).row.kind;
  return [input].flat().flatMap((value) => {
    if (value === alone?.value) return [flag];
    const text = key === 'envFile' ? named(resolve(base, String(value))) : absolute(key, String(value), base);
    return text.startsWith('-') ? [`${flag}=${text}`] : [flag, text];
  });
}

/** The path of a unix socket starts from the directory of the command; other paths start from `--chdir`. */
const absolute = (key: Key, text: string, base: string): string =>
  key === 'bind' ? text.replace(/^unix:(?!\/)/, `unix:${resolve(base)}/`) : text;

const holdsSecret = ({ name }: { readonly name: string }): boolean =>
  /auth|cookie|token|secret|key|password/i.test(name);
