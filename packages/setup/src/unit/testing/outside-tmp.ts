import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Makes a directory that a service sees: its /tmp is another one, and this checkout may lie in /tmp. */
export function directoryOutsideTmp(prefix: string): string {
  const modules = path.resolve(__dirname, '../../../../../node_modules');
  const parent = [modules, os.homedir(), os.userInfo().homedir, '/dev/shm'].find(isFit);
  if (parent === undefined) throw new Error('no directory outside of /tmp can be written');
  return fs.mkdtempSync(path.join(fs.realpathSync(parent), prefix));
}

function isFit(directory: string): boolean {
  try {
    fs.accessSync(directory, fs.constants.W_OK);
    return !/^\/(private\/)?(var\/)?tmp(\/|$)/.test(fs.realpathSync(directory));
  } catch {
    return false;
  }
}
