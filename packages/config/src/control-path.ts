/**
 * The default places of control sockets. The master makes its socket in the first directory that is usable; a client
 * looks in all of them, since its environment may differ from the master's.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './row.ts';

/** The effective user id; -1 on a platform without one. */
export const userId = (): number => process.geteuid?.() ?? -1;

/**
 * The directories, the preferred one first: `$XDG_RUNTIME_DIR/tshorn` if that directory belongs to this user, then
 * `<temporary directory>/tshorn-<uid>`. They need not exist.
 */
export function controlDirectories(env: Environment): string[] {
  const uid = userId();
  const runtime = [env.XDG_RUNTIME_DIR, `/run/user/${uid}`].filter(usable);
  const temporary = [tmpdir(), '/tmp'].map((directory) => join(directory, `tshorn-${uid}`));
  return [...new Set([...runtime.map((directory) => join(directory, 'tshorn')), ...temporary])];
}

/** `<directory>/<pid>.sock` for the master that is this process. */
export function defaultControlPath(env: Environment): string {
  const named = env.XDG_RUNTIME_DIR;
  const directory = usable(named) ? join(named, 'tshorn') : join(tmpdir(), `tshorn-${userId()}`);
  return join(directory, `${process.pid}.sock`);
}

/** After `sudo -E`, a variable may name the directory of another user. */
function usable(directory: string | undefined): directory is string {
  if (directory === undefined || !isAbsolute(directory)) return false;
  try {
    const stat = fs.statSync(directory);
    fs.accessSync(directory, fs.constants.W_OK);
    return stat.isDirectory() && stat.uid === userId();
  } catch {
    return false;
  }
}

const SERVICES = '/run/tshorn';

/** Path of the control socket of a service that `tshorn unit` has made: systemd makes the directory for its user. */
export const serviceControlPath = (name: string): string => join(SERVICES, name, 'control.sock');

/**
 * The control sockets of services that this user may speak to: its own, and all of them for root. systemd makes
 * `/run/tshorn` for root, so that nobody else can put a directory there.
 */
export function serviceSockets(directory: string = SERVICES): string[] {
  try {
    const { uid, mode } = fs.lstatSync(directory);
    if (uid !== 0 || (mode & 0o022) !== 0) return [];
    const user = userId();
    return fs
      .readdirSync(directory)
      .filter((name) => user === 0 || fs.lstatSync(join(directory, name)).uid === user)
      .map((name) => join(directory, name, 'control.sock'))
      .filter((path) => fs.existsSync(path));
  } catch {
    return [];
  }
}
