/**
 * The file of `--access-log`, to which the workers append by themselves. The master makes it, before a worker of the release
 * starts and when the logs are opened again: the user of the workers may not make files in its directory.
 */
import fs from 'node:fs';
import type { Config } from '@tshorn/config';
import { systemReason, TshornError } from '@tshorn/core';
import { checkWritable, unwritable } from './log-file.ts';
import type { Identity } from './privileges.ts';
import { obstacle, WRITE } from './reach.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = fs.constants;
const OPTION = '--access-log';

/**
 * Makes the file where it is not there, for the user of the workers.
 * @throws TshornError ERR_LOG_FILE when the workers cannot write to it
 */
export function prepareAccessLog({ accessLog: file }: Pick<Config, 'accessLog'>, identity?: Identity): void {
  if (file === '' || file === '-') return;
  // A file that was there keeps its owner: where the workers' user may write to the directory, it could be a link to any file.
  if (made(file, identity)) return;
  if (!identity) return checkWritable(OPTION, file);
  // A user who may write to a directory still cannot append to it.
  if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw unwritable(OPTION, file, 'it is a directory');
  const blocked = obstacle(file, identity, WRITE);
  if (blocked === undefined) return;
  const user = identity.name ?? `uid ${identity.uid}`;
  const why = blocked === fs.realpathSync(file) ? '' : `: ${blocked} is closed to that user`;
  throw new TshornError(
    'ERR_LOG_FILE',
    `${OPTION}: ${user}, as whom the workers run, cannot write ${file}${why}`,
    {
      fix: `let that user write to it (chown ${user} ${blocked}; a rotation of logs has to make it for that user too)`,
    },
  );
}

/** @returns false for a file that is there already */
function made(file: string, identity: Identity | undefined): boolean {
  let fd: number;
  try {
    fd = fs.openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(OPTION, file, systemReason(error));
  }
  try {
    if (identity) fs.fchownSync(fd, identity.uid, identity.gid);
  } finally {
    fs.closeSync(fd);
  }
  // In a directory that the workers cannot enter it is of no use to them.
  return identity === undefined || obstacle(file, identity, WRITE) === undefined;
}
