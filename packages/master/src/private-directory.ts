import fs from 'node:fs';

/**
 * Makes a directory that only this user can change, and by default look into.
 * @throws Error when it is there and somebody else's
 */
export function makePrivateDirectory(directory: string, mode = 0o700): void {
  fs.mkdirSync(directory, { recursive: true, mode });
  const stat = fs.lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.geteuid?.()) {
    throw new Error(`${directory} is not a directory of this user's own`);
  }
  // Made by another program, or before the mode was this strict.
  if ((stat.mode & 0o777) !== mode) fs.chmodSync(directory, mode);
}

/**
 * Makes a directory that only that user can look into, in one that is ours: nobody else can put another thing in
 * its place while root changes the owner. @throws Error when it is there and somebody else's
 */
export function makeDirectoryFor(uid: number, gid: number, directory: string): void {
  const there = fs.lstatSync(directory, { throwIfNoEntry: false });
  if (!there) {
    fs.mkdirSync(directory, { mode: 0o700 });
    fs.lchownSync(directory, uid, gid);
    return;
  }
  if (!there.isDirectory() || there.uid !== uid || (there.mode & 0o077) !== 0) {
    throw new Error(`${directory} is not a directory of uid ${uid} alone`);
  }
}
