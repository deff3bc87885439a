/** Which master a command speaks to: the path of its control socket. */
import fs from 'node:fs';
import path from 'node:path';
import { controlFolders, type Environment, userId } from '@tshorn/config';
import { describeThrown, TshornError } from '@tshorn/core';
import { ask, isAlive } from './client.ts';
import { readPid, type Which } from './command-line.ts';
import type { Status } from './status-view.ts';

/**
 * By what was said, else by TSHORN_CONTROL, else the one master of this user that answers.
 * @throws TshornError ERR_CONTROL when there is none, or several
 */
export async function findMaster(
  { pid, control, pidFile }: Which,
  env: Environment,
  folders: readonly string[] = controlFolders(env),
): Promise<string> {
  if (control !== undefined) return path.resolve(control);
  if (pidFile !== undefined) return byPid(readPidFile(pidFile), folders, `--pid-file ${pidFile}: `);
  if (pid !== undefined) return byPid(pid, folders, '');
  if (env.TSHORN_CONTROL) return path.resolve(env.TSHORN_CONTROL);
  return theOnly(folders);
}

function byPid(pid: number, folders: readonly string[], where: string): string {
  const files = folders.filter(isOwn).map((folder) => path.join(folder, `${pid}.sock`));
  const found = files.find((file) => fs.existsSync(file));
  if (found !== undefined) return found;
  throw new TshornError(
    'ERR_CONTROL',
    `${where}no master with pid ${pid} has a control socket in ${list(folders)}`,
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

async function theOnly(folders: readonly string[]): Promise<string> {
  const sockets = folders.filter(isOwn).flatMap((folder) => socketsIn(folder));
  const answers = await Promise.all(sockets.map((socket) => isAlive(socket)));
  const alive = sockets.filter((_, index) => answers[index]);
  if (alive.length === 1) return alive[0] as string;
  if (alive.length === 0) {
    throw new TshornError(
      'ERR_CONTROL',
      `this user runs no master with a control socket in ${list(folders)}`,
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

/** In a folder that everybody may write to, somebody else may have made one of this name. */
function isOwn(folder: string): boolean {
  const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === userId();
}

function socketsIn(folder: string): string[] {
  try {
    const names = fs.readdirSync(folder).filter((name) => /^\d+\.sock$/.test(name));
    return names.map((name) => path.join(folder, name));
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

const list = (folders: readonly string[]) => folders.join(' or ');
