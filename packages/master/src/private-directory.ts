/**
 * Directories whose content is trusted: code that V8 has compiled, and the control socket. Every component of such a path is
 * looked at on each use, since what was safe at the start may have been replaced.
 */
import fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = 0;
const STICKY = 0o1000;

/** A directory that another user could change; the log gets its message as a warning. */
export class UnsafeDirectory extends Error {}

const self = (): number => process.geteuid?.() ?? -1;

/** A name that nobody can have prepared; the file behind it is made exclusively (`wx`, bind), never opened. */
export const temporaryName = (): string => `.${Math.random().toString(36).slice(2, 8)}`;

/**
 * Makes `base/names[0]/names[1]...`, each a directory of this user alone.
 * @param base is made where it is missing; nobody but this user and root may be able to replace it
 * @param mode of the directories in `names`; 0o711 lets other users through to a directory whose name they know
 * @returns the path
 * @throws UnsafeDirectory when another user could change a component; Error when one cannot be made
 */
export function privateDirectory(base: string, name: string | readonly string[], mode = 0o700): string {
  fs.mkdirSync(base, { recursive: true, mode: 0o700 });
  refuseForeign(base);
  let path = base;
  for (const part of [name].flat()) {
    path = join(path, part);
    makeOwn(path, mode);
  }
  return path;
}

/**
 * Makes a directory that only that user can look into. Its parent is a private directory of ours, so that nobody can put
 * something else in its place while root changes the owner.
 * @throws UnsafeDirectory when it belongs to somebody else, or others can look into it
 */
export function directoryFor(uid: number, gid: number, directory: string): void {
  const found = fs.lstatSync(directory, { throwIfNoEntry: false });
  if (!found) {
    fs.mkdirSync(directory, { mode: 0o700 });
    fs.lchownSync(directory, uid, gid);
    return;
  }
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new UnsafeDirectory(`${directory} is not a directory of uid ${uid} alone`);
  }
}

/** @throws UnsafeDirectory */
function makeOwn(path: string, mode: number): void {
  try {
    fs.mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // lstat: a symbolic link leads to wherever its owner likes.
  const stat = fs.lstatSync(path);
  if (!stat.isDirectory()) throw new UnsafeDirectory(`${path} is not a directory`);
  if (stat.uid !== self()) throw new UnsafeDirectory(`${path} belongs to uid ${stat.uid}`);
  // Others may have put their own files there already, so that a stricter mode comes too late.
  if (isOpenToOthers(stat)) throw new UnsafeDirectory(`${path} is writable by other users`);
  if ((stat.mode & 0o777) !== mode) fs.chmodSync(path, mode);
}

/** A user who can write to the parent of a path can put something else in its place: path_resolution(7). */
function refuseForeign(path: string): void {
  const parent = dirname(path);
  if (parent !== path) refuseForeign(parent);
  const stat = fs.lstatSync(path);
  if (stat.uid !== ROOT && stat.uid !== self()) {
    throw new UnsafeDirectory(`${path} belongs to uid ${stat.uid}`);
  }
  if (stat.isSymbolicLink()) return refuseForeign(resolve(fs.realpathSync(parent), fs.readlinkSync(path)));
  // In a sticky directory, such as /tmp, everybody can make files, and only their owner can replace them.
  if (isOpenToOthers(stat) && (stat.mode & STICKY) === 0) {
    throw new UnsafeDirectory(`${path} is writable by other users and has no sticky bit`);
  }
}

/** With a umask of 002, the group of a user's own directories is a group of that user alone. */
const isOpenToOthers = ({ mode, gid }: fs.Stats): boolean =>
  (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== ROOT && gid !== process.getegid?.());
