/** Chooses the one master that a command changes. */
import fs from 'node:fs';
import type { Environment } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import { workingDirectory } from '../../surroundings.ts';
import { print } from '../style.ts';
import { describeAll, findMasters, statusOf, type Which } from './find.ts';

export interface Place {
  /** The directory that the command was given in; default: none, which no master has. */
  readonly here?: string | undefined;
  /** Receives a line about a master that works in another directory. */
  readonly say?: (line: string) => void;
}

/**
 * As `findMaster`, in this process. The line about a master elsewhere is the first line of the output; with --json it goes
 * to standard error.
 */
export const chooseMaster = ({ json, ...which }: Which & { readonly json: boolean }): Promise<string> =>
  findMaster(which, process.env, {
    here: directory(),
    say: (line) => (json ? void process.stderr.write(`tshorn: ${line}\n`) : print(line)),
  });

/**
 * Returns the control socket of the master that is meant: the named one, else the only one that works in this directory,
 * else the only one of this user.
 * @throws TshornError ERR_CONTROL when there is none, or several; ERR_OPTION when the command line names it twice
 */
export async function findMaster(
  which: Which,
  env: Environment,
  { here, say = () => {} }: Place = {},
  directories?: readonly string[],
  services?: readonly string[],
): Promise<string> {
  const [socket, ...others] = await findMasters(which, env, directories, services);
  if (isNamed(which, env)) return socket;
  const sockets = [socket, ...others];
  const all = await Promise.all(sockets.map(statusOf));
  const [own, ...more] = sockets.filter((_, at) => isHere(all[at], here));
  if (own !== undefined && more.length === 0) return own;
  if (others.length === 0) {
    const [status] = all;
    if (status && own === undefined) say(elsewhere(status));
    return socket;
  }
  const masters = await describeAll(sockets);
  throw new TshornError('ERR_CONTROL', `this user runs ${masters.length} masters: add the pid of one`, {
    detail: masters.map(({ value, text }) => [value, text].join('  ').trimEnd()).join('\n'),
  });
}

/**
 * For a command that only looks: the masters that are meant, which are all of this user where `findMaster` would choose none.
 * `others` counts those that are left out, since only one works in this directory.
 */
export async function mastersMeant(
  which: Which,
  env: Environment,
  { here }: Pick<Place, 'here'> = {},
  directories?: readonly string[],
  services?: readonly string[],
): Promise<{ readonly sockets: readonly [string, ...string[]]; readonly others: number }> {
  const sockets = await findMasters(which, env, directories, services);
  if (sockets.length === 1) return { sockets, others: 0 };
  const all = await Promise.all(sockets.map(statusOf));
  const [own, ...more] = sockets.filter((_, at) => isHere(all[at], here));
  return own === undefined || more.length > 0
    ? { sockets, others: 0 }
    : { sockets: [own], others: sockets.length - 1 };
}

const isHere = (status: { readonly cwd?: string } | undefined, here: string | undefined): boolean =>
  here !== undefined && isSame(status?.cwd, here);

const isNamed = ({ pid, control, pidFile }: Which, { TSHORN_CONTROL }: Environment): boolean =>
  pid !== undefined || control !== undefined || pidFile !== undefined || Boolean(TSHORN_CONTROL);

const elsewhere = ({ pid, app, cwd }: { pid: number; app?: string; cwd?: string }): string =>
  `no master of this directory runs; this is about master ${pid}: ${app ?? 'no app yet'}${cwd === undefined ? '' : ` in ${cwd}`}`;

/** A directory may be named through a link, as `current` beside the releases. */
function isSame(one: string | undefined, other: string): boolean {
  if (one === undefined) return false;
  if (one === other) return true;
  try {
    return fs.realpathSync(one) === fs.realpathSync(other);
  } catch {
    return false;
  }
}

/** The directory that the command was given in; undefined where it has been removed. */
export function directory(): string | undefined {
  try {
    return workingDirectory();
  } catch {
    return undefined;
  }
}
