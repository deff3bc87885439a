/** The directories that a service writes to, and those that it has to read, as settings of systemd. */
import { dirname } from 'node:path';
import type { Config } from '@tshorn/config';
import type { Machine } from './machine.ts';

/** The user of the service; no account: systemd makes one for each run. */
export interface ServiceUser {
  readonly name?: string;
  readonly uid?: number;
  readonly groups?: readonly number[];
}

export interface Directories {
  /** Below /run, without it. */
  readonly runtime: readonly string[];
  readonly logs: readonly string[];
  readonly state: readonly string[];
  readonly cache: readonly string[];
  /** Absolute; systemd does not make them. */
  readonly writable: readonly string[];
  /** A file that it reads, or that others look for, lies in /tmp. */
  readonly sharesTmp: boolean;
  readonly readsHome: boolean;
  /** Rights that the user of the service lacks, one line each. */
  readonly problems: readonly string[];
}

const OF_SYSTEMD = {
  runtime: /^(?:\/var)?\/run\/(?!user\/)([^/]+)\/./,
  logs: /^\/var\/log\/([^/]+)\/./,
  state: /^\/var\/lib\/([^/]+)\/./,
  cache: /^\/var\/cache\/([^/]+)\/./,
} as const;
type Managed = keyof typeof OF_SYSTEMD;

const HOME = /^\/(home|root|run\/user)(\/|$)/;
const TMP = /^\/(var\/)?tmp\//;

export interface Paths {
  /** Files that the service makes. */
  readonly made: readonly string[];
  /** Directories that the app writes to. */
  readonly written: readonly string[];
  /** Files and directories that it reads. */
  readonly read: readonly string[];
}

/** Directories of the service itself: below /run for the control socket, and below /var/cache for compiled code. */
export interface Own {
  readonly runtime?: string;
  readonly cache?: string;
}

export function directoriesOf(paths: Paths, own: Own, user: ServiceUser, machine: Machine): Directories {
  const managed: Record<Managed, string[]> = {
    runtime: own.runtime === undefined ? [] : [own.runtime],
    logs: [],
    state: [],
    cache: own.cache === undefined ? [] : [own.cache],
  };
  const writable = new Set(paths.written);
  const problems: string[] = [];
  let sharesTmp = false;
  for (const file of paths.made) {
    if (file.startsWith(`/run/${own.runtime}/`) || file.startsWith('/dev/')) continue;
    sharesTmp ||= TMP.test(file);
    const kind = (Object.keys(OF_SYSTEMD) as Managed[]).find((each) => OF_SYSTEMD[each].test(file));
    const first = kind && OF_SYSTEMD[kind].exec(file)?.[1];
    if (first && isFree(`/${dirOf(kind)}/${first}`, user, machine)) managed[kind].push(first);
    else writable.add(dirname(file));
  }
  for (const directory of writable) {
    const stat = machine.stat(directory);
    if (!stat) problems.push(`there is no directory ${directory}: make it before the service starts`);
    else if (!may(stat, user, 2)) {
      problems.push(`${nameOf(user)} cannot write to ${directory}: change its owner, or choose another path`);
    }
  }
  sharesTmp ||= paths.read.some((path) => TMP.test(path));
  for (const path of paths.read) {
    const closed = closedOn(path, user, machine);
    if (closed !== undefined) problems.push(`${nameOf(user)} cannot read ${path}: ${closed} is closed to it`);
  }
  if (sharesTmp && user.name === undefined) {
    problems.push(
      'a file of this service lies in /tmp, and a service without an account has a /tmp of its own: add --user',
    );
  }
  const unique = (names: readonly string[]) => [...new Set(names)];
  return {
    runtime: unique(managed.runtime),
    logs: unique(managed.logs),
    state: unique(managed.state),
    cache: unique(managed.cache),
    // With a /tmp of its own it could write there in any case.
    writable: [...writable, ...(sharesTmp ? ['/tmp', '/var/tmp'] : [])],
    sharesTmp,
    readsHome: [...paths.read, ...writable].some((path) => HOME.test(path)),
    problems: unique(problems),
  };
}

const dirOf = (kind: Managed): string =>
  ({ runtime: 'run', logs: 'var/log', state: 'var/lib', cache: 'var/cache' })[kind];

/** systemd gives such a directory, and all that is in it, to the user of the service. */
function isFree(directory: string, { uid }: ServiceUser, machine: Machine): boolean {
  const stat = machine.stat(directory);
  return stat === undefined || stat.uid === uid;
}

export const nameOf = ({ name }: ServiceUser): string =>
  name === undefined ? "the service's user" : `the user ${name}`;

/** @param right 4 to read, 2 to write, 1 to enter */
function may(
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
  user: ServiceUser,
  right: number,
): boolean {
  if (user.uid === 0) return true;
  const shift = uid === user.uid ? 6 : user.groups?.includes(gid) ? 3 : 0;
  return ((mode >> shift) & right) !== 0;
}

/** The first component of the path that the user may not enter or read. */
function closedOn(path: string, user: ServiceUser, machine: Machine): string | undefined {
  const real = machine.realpath(path);
  if (real === undefined) return undefined;
  const above: string[] = [];
  for (let at = dirname(real); at !== dirname(at); at = dirname(at)) above.unshift(at);
  const isClosed = (each: string, right: number) => {
    const stat = machine.stat(each);
    return stat !== undefined && !may(stat, user, right);
  };
  return above.find((directory) => isClosed(directory, 1)) ?? (isClosed(real, 4) ? real : undefined);
}

/** The files that a server with this configuration makes. */
export function filesMade(config: Config, binds: Config['bind'], control: string | undefined): string[] {
  const { logFile, outputFile, pidFile } = config;
  const sockets = binds.flatMap((address) => (address.kind === 'unix' ? [address.path] : []));
  return [logFile, outputFile, pidFile, control, ...sockets].filter((file) => file !== undefined);
}
