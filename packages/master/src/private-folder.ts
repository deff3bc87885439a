import fs from 'node:fs';

/**
 * Makes a folder that only this user can change, and by default look into.
 * @throws Error when it is there and somebody else's
 */
export function makePrivateFolder(folder: string, mode = 0o700): void {
  fs.mkdirSync(folder, { recursive: true, mode });
  const stat = fs.lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.geteuid?.()) {
    throw new Error(`${folder} is not a folder of this user's own`);
  }
  // Made by another program, or before the mode was this strict.
  if ((stat.mode & 0o777) !== mode) fs.chmodSync(folder, mode);
}

/**
 * Makes a folder that only that user can look into, in one that is ours: nobody else can put another thing in
 * its place while root changes the owner. @throws Error when it is there and somebody else's
 */
export function makeFolderFor(uid: number, gid: number, folder: string): void {
  const there = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (!there) {
    fs.mkdirSync(folder, { mode: 0o700 });
    fs.lchownSync(folder, uid, gid);
    return;
  }
  if (!there.isDirectory() || there.uid !== uid || (there.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a folder of uid ${uid} alone`);
  }
}
