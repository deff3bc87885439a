/** Chooses the one master that a command changes. */
import type { Environment } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import { workingDirectory } from '../../surroundings.ts';
import { print } from '../style.ts';
import { silentError } from './client.ts';
import { describeAll, findMasters, pidIn, statusOf, type Which } from './find.ts';
import { type Here, type HereOptions, isSame, mastersHere } from './here.ts';

export interface Place extends Partial<Pick<HereOptions, 'here' | 'limits'>> {
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
 * @throws TshornError ERR_CONTROL when there is none, or several, or that of this directory does not answer; ERR_OPTION when
 * the command line names it twice
 */
export async function findMaster(
  which: Which,
  env: Environment,
  { here, limits, say = () => {} }: Place = {},
  directories?: readonly string[],
  services?: readonly string[],
): Promise<string> {
  const [socket, ...others] = await findMasters(which, env, directories, services);
  if (isNamed(which, env)) return socket;
  if (others.length === 0) {
    const status = await statusOf(socket);
    if (status && !isHere(status, here)) say(elsewhere(status));
    return socket;
  }
  const sockets = [socket, ...others];
  const own = onlyOne(await mastersHere(sockets, { here, limits, isPatient: true }));
  if (own !== undefined) return own;
  const masters = await describeAll(sockets);
  throw new TshornError('ERR_CONTROL', `this user runs ${masters.length} masters: add the pid of one`, {
    detail: masters.map(({ value, text }) => [value, text].join('  ').trimEnd()).join('\n'),
  });
}

/**
 * For a command that only looks: the masters that are meant, which are all of this user where `findMaster` would choose none.
 * Those that were started elsewhere are not waited for.
 * `others` counts those that are left out, since only one works in this directory.
 */
export async function mastersMeant(
  which: Which,
  env: Environment,
  { here, limits }: Omit<Place, 'say'> = {},
  directories?: readonly string[],
  services?: readonly string[],
): Promise<{ readonly sockets: readonly [string, ...string[]]; readonly others: number }> {
  const sockets = await findMasters(which, env, directories, services);
  if (sockets.length === 1) return { sockets, others: 0 };
  const own = onlyOne(await mastersHere(sockets, { here, limits }));
  return own === undefined ? { sockets, others: 0 } : { sockets: [own], others: sockets.length - 1 };
}

/** Undefined for none, and for several. @throws TshornError ERR_CONTROL when the only one does not answer */
function onlyOne({ own, silent }: Here): string | undefined {
  const [one, ...more] = [...own, ...silent];
  if (one === undefined || more.length > 0) return undefined;
  if (own.length === 0) throw silentError(`the master of this directory (pid ${pidIn(one)})`);
  return one;
}

const isHere = (status: { readonly cwd?: string } | undefined, here: string | undefined): boolean =>
  here !== undefined && isSame(status?.cwd, here);

const isNamed = ({ pid, control, pidFile }: Which, { TSHORN_CONTROL }: Environment): boolean =>
  pid !== undefined || control !== undefined || pidFile !== undefined || Boolean(TSHORN_CONTROL);

const elsewhere = ({ pid, app, cwd }: { pid: number; app?: string; cwd?: string }): string =>
  `no master of this directory runs; this is about master ${pid}: ${app ?? 'no app yet'}${cwd === undefined ? '' : ` in ${cwd}`}`;

/** The directory that the command was given in; undefined where it has been removed. */
export function directory(): string | undefined {
  try {
    return workingDirectory();
  } catch {
    return undefined;
  }
}
