/** Which master a command speaks to: the path of its control socket. */
import fs from 'node:fs';
import path from 'node:path';
import { controlDirectories, type Environment, userId } from '@tshorn/config';
import { describeThrown, TshornError, whoListens } from '@tshorn/core';
import { ask } from './client.ts';
import { readPid, type Which } from './command-line.ts';
import type { Status } from './status-view.ts';

/**
 * By what was said, else by TSHORN_CONTROL, else the one master of this user that answers.
 * @throws TshornError ERR_CONTROL when there is none, or several
 */
export async function findMaster(
  { pid, control, pidFile }: Which,
  env: Environment,
  directories: readonly string[] = controlDirectories(env),
): Promise<string> {
  if (control !== undefined) return path.resolve(control);
  if (pidFile !== undefined) return byPid(readPidFile(pidFile), directories, `--pid-file ${pidFile}: `);
  if (pid !== undefined) return byPid(pid, directories, '');
  if (env.TSHORN_CONTROL) return path.resolve(env.TSHORN_CONTROL);
  return theOnly(directories);
}

function byPid(pid: number, directories: readonly string[], where: string): string {
  const files = directories.filter(isOwn).map((directory) => path.join(directory, `${pid}.sock`));
  const found = files.find((file) => fs.existsSync(file));
  if (found !== undefined) return found;
  throw new TshornError(
    'ERR_CONTROL',
    `${where}no master with pid ${pid} has a control socket in ${list(directories)}`,
    {
      fix: 'leave the pid out to find the master of this user; one that was started with --control PATH is named by --control PATH',
    },
  );
}

function readPidFile(file: string): number {
  try {
    return readPid(fs.readFileSync(file, 'utf8'), `--pid-file ${file}`);
  } catch (error) {
    if (error instanceof TshornError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : describeThrown(error);
    throw new TshornError('ERR_CONTROL', `--pid-file: cannot read ${file}: ${why}`);
  }
}

async function theOnly(directories: readonly string[]): Promise<string> {
  const sockets = directories.filter(isOwn).flatMap((directory) => socketsIn(directory));
  const answers = await Promise.all(sockets.map(whoListens));
  const alive = sockets.filter((_, index) => answers[index] === 'somebody');
  if (alive.length === 1) return alive[0] as string;
  if (alive.length === 0) {
    throw new TshornError(
      'ERR_CONTROL',
      `this user runs no master with a control socket in ${list(directories)}`,
      {
        fix: 'start one with `tshorn APP`, run this as the user who did, or name its socket with --control PATH',
      },
    );
  }
  const lines = await Promise.all(alive.map(describe));
  throw new TshornError('ERR_CONTROL', `this user runs ${alive.length} masters: say which one, by its pid`, {
    detail: lines.join('\n'),
  });
}

/** In a directory that everybody may write to, somebody else may have made one of this name. */
function isOwn(directory: string): boolean {
  const stat = fs.lstatSync(directory, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === userId();
}

function socketsIn(directory: string): string[] {
  try {
    const names = fs.readdirSync(directory).filter((name) => /^\d+\.sock$/.test(name));
    return names.map((name) => path.join(directory, name));
  } catch {
    // Not there, or not ours to look into.
    return [];
  }
}

async function describe(socket: string): Promise<string> {
  try {
    const { pid, app, listeners } = (await ask(socket, '/status')) as Status;
    return `${pid}  ${app ?? ''}  ${listeners.join(' ')}`;
  } catch {
    return path.basename(socket, '.sock');
  }
}

const list = (directories: readonly string[]) => directories.join(' or ');
