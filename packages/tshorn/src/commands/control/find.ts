/** Finds the masters that a command may ask: the paths of their control sockets. */
import fs from 'node:fs';
import path from 'node:path';
import { controlDirectories, type Environment, serviceSockets, userId } from '@tshorn/config';
import { describeThrown, TshornError, whoListens } from '@tshorn/core';
import type { Candidate } from '../command.ts';
import { ask } from './client.ts';
import { noMaster } from './no-master.ts';
import { pidOf } from './pid-kind.ts';
import { socketsOf } from './sockets-of.ts';
import type { Status } from './status-view.ts';

/** The master that is meant. At most one field is set. */
export interface Which {
  readonly pid?: number | undefined;
  readonly control?: string | undefined;
  readonly pidFile?: string | undefined;
}

/** Time limit for the answer of each of several masters, in milliseconds: one that hangs does not delay the list. */
export const DESCRIBE_MS = 1_000;

/**
 * Follows the command line, else TSHORN_CONTROL, else returns the control socket of each master of this user, or of a
 * service, that answers.
 * @throws TshornError ERR_CONTROL when there is none; ERR_OPTION when the command line names it twice
 */
export async function findMasters(
  { pid, control, pidFile }: Which,
  env: Environment,
  directories: readonly string[] = controlDirectories(env),
  services: readonly string[] = serviceSockets(),
): Promise<readonly [string, ...string[]]> {
  if ([pid, control, pidFile].filter((way) => way !== undefined).length > 1) {
    throw new TshornError('ERR_OPTION', 'PID, --control and --pid-file each name a master: give one of them');
  }
  if (control !== undefined) return [path.resolve(control)];
  if (pidFile !== undefined) return [await byPid(readPidFile(pidFile), directories, services, pidFile)];
  if (pid !== undefined) return [await byPid(pid, directories, services)];
  if (env.TSHORN_CONTROL) return [path.resolve(env.TSHORN_CONTROL)];
  const [first, ...others] = await answering(directories, services);
  if (first !== undefined) return [first, ...others];
  throw new TshornError(
    'ERR_CONTROL',
    `this user runs no master with a control socket in ${list(directories)}`,
    {
      fix: 'start one with `tshorn APP`, run this as the user who started it, or name its socket with --control PATH',
    },
  );
}

/** @param pidFile the file that holds the pid, as it was named */
async function byPid(
  pid: number,
  directories: readonly string[],
  services: readonly string[],
  pidFile?: string,
): Promise<string> {
  const own = directories.filter(isOwn);
  const socketOf = (of: number) =>
    own.map((directory) => path.join(directory, `${of}.sock`)).find((file) => fs.existsSync(file));
  const found = socketOf(pid);
  if (found !== undefined) return found;
  // The path of a service has its name in it, and no pid.
  for (const socket of services) if ((await statusOf(socket))?.pid === pid) return socket;
  const elsewhere = await amongSocketsOf(pid);
  if (elsewhere !== undefined) return elsewhere;
  const error = noMaster(pid, (of) => socketOf(of) !== undefined, list(directories));
  if (pidFile === undefined) throw error;
  throw new TshornError('ERR_CONTROL', `--pid-file ${pidFile}: ${error.message}`, {
    fix: 'start the master with --pid-file and the same path: it writes the pid',
  });
}

/** The control socket among all sockets of the process: its directory depends on the environment of the master. */
async function amongSocketsOf(pid: number): Promise<string | undefined> {
  const sockets = [...new Set(socketsOf(pid).flatMap(filesOf))];
  // Also one that hangs is found by its name.
  const named = sockets.find((socket) => pidIn(socket) === pid && isOwn(path.dirname(socket)));
  if (named !== undefined) return named;
  for (const socket of sockets) if ((await statusOf(socket))?.pid === pid) return socket;
  return undefined;
}

/**
 * The kernel tells the name that a socket was bound by. A master binds its control socket by another one, in the same
 * directory, and moves it to its place once it listens (master/src/control/socket-file.ts).
 */
function filesOf(bound: string): string[] {
  if (fs.existsSync(bound)) return [bound];
  const directory = path.dirname(bound);
  try {
    const entries = fs.readdirSync(directory, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isSocket() ? path.join(directory, entry.name) : []));
  } catch {
    // The directory is gone, or not readable.
    return [];
  }
}

function readPidFile(file: string): number {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : describeThrown(error);
    throw new TshornError('ERR_CONTROL', `--pid-file: cannot read ${file}: ${why}`);
  }
  const pid = pidOf(text);
  if (pid !== undefined) return pid;
  // A file that was named by mistake may hold a secret: no word of it is shown.
  throw new TshornError('ERR_OPTION', `--pid-file ${file}: it holds no pid`, {
    fix: 'name the file that the --pid-file of the server writes',
  });
}

/** The pids of the masters of this user and of services, each with its app and addresses. */
export async function runningMasters(env: Environment): Promise<Candidate[]> {
  const masters = await describeAll(await answering(controlDirectories(env), serviceSockets()));
  return masters.filter(({ value }) => /^\d+$/.test(value));
}

/** The control sockets on which a master listens. */
async function answering(directories: readonly string[], services: readonly string[]): Promise<string[]> {
  const sockets = [...directories.filter(isOwn).flatMap((directory) => socketsIn(directory)), ...services];
  const answers = await Promise.all(sockets.map(whoListens));
  return sockets.filter((_, index) => answers[index] === 'somebody');
}

/** Another user may have made a directory of this name where everybody may write. */
function isOwn(directory: string): boolean {
  const stat = fs.lstatSync(directory, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === userId();
}

function socketsIn(directory: string): string[] {
  try {
    const names = fs.readdirSync(directory).filter((name) => /^\d+\.sock$/.test(name));
    return names.map((name) => path.join(directory, name));
  } catch {
    // The directory is missing, or not readable.
    return [];
  }
}

/** Says for each the pid, else the path of the socket, and the app and its addresses where the master says them. */
export const describeAll = (sockets: readonly string[]): Promise<Required<Candidate>[]> =>
  Promise.all(
    sockets.map(async (socket) => {
      const status = await statusOf(socket);
      if (!status) return { value: String(pidIn(socket) ?? socket), text: 'no answer' };
      const { app, listeners } = status;
      return { value: String(status.pid), text: [app ?? '', listeners.join(' ')].filter(Boolean).join('  ') };
    }),
  );

/** The name of a socket has the pid of its master; that of a service has not. */
export function pidIn(socket: string): number | undefined {
  const [, pid] = /^(\d+)\.sock$/.exec(path.basename(socket)) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** Undefined for a master that does not answer in time. @param signal ends the wait; default: after a second */
export async function statusOf(
  socket: string,
  signal = AbortSignal.timeout(DESCRIBE_MS),
): Promise<Status | undefined> {
  try {
    return (await ask(socket, '/status', undefined, { signal })) as Status;
  } catch {
    return undefined;
  }
}

const list = (directories: readonly string[]) => directories.join(' or ');
