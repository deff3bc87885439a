import fs from 'node:fs';

/** Makes a folder that only this user can look into. @throws Error when it is there and somebody else's */
export function makePrivateFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = fs.lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.geteuid?.()) {
    throw new Error(`${folder} is not a folder of this user's own`);
  }
  // Made by another program, or before the mode was this strict.
  if ((stat.mode & 0o777) !== 0o700) fs.chmodSync(folder, 0o700);
}
