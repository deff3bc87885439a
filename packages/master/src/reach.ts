/**
 * Checks that the user of the workers can reach the files that a worker starts with. A worker that dies of EACCES at
 * its first line is a puzzle; this check names the directory that is in the way.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { TshornError } from '@tshorn/core';
import type { Identity } from './privileges.ts';
import type { Release } from './release.ts';

type Who = Pick<Identity, 'uid' | 'gid'>;

const READ = 4;
export const WRITE = 2;
const EXECUTE = 1;

/** Returns the part of a path that the user may not pass, or not read or write; undefined when there is none. */
export function obstacle(path: string, who: Who, need: number = READ): string | undefined {
  const real = fs.realpathSync(path);
  const blocked = [...ancestorsOf(real), real].find(
    (part) => !allows(fs.statSync(part), who, part === real ? need : EXECUTE),
  );
  return blocked !== undefined && !isGranted(real, who, need) ? blocked : undefined;
}

const ancestorsOf = (path: string): string[] =>
  dirname(path) === path ? [] : [...ancestorsOf(dirname(path)), dirname(path)];

/** Only one of the three permissions applies, even if a later one allows more: path_resolution(7). */
function allows({ mode, uid, gid }: fs.Stats, who: Who, need: number): boolean {
  if (who.uid === 0) return true;
  const shift = uid === who.uid ? 6 : gid === who.gid ? 3 : 0;
  return ((mode >> shift) & need) === need;
}

/** An access control list may allow more than the mode: acl(5). The check takes a process, so it comes last. */
const isGranted = (path: string, { uid, gid }: Who, need: number): boolean =>
  spawnSync('test', [need === READ ? '-r' : need === WRITE ? '-w' : '-x', path], { uid, gid, cwd: '/' })
    .status === 0;

/** @throws TshornError ERR_USER naming the file, and what is in the way */
export function checkReach(release: Release, identity: Identity | undefined, workerFile: string): void {
  if (!identity) return;
  const { appFile, cwd, hooksFile } = release;
  const needed: [string | undefined, number][] = [
    [process.execPath, EXECUTE],
    [workerFile, READ],
    [cwd, EXECUTE],
    [appFile, READ],
    [hooksFile, READ],
  ];
  for (const [file, need] of needed) {
    const blocked = file === undefined ? undefined : obstacle(file, identity, need);
    if (blocked === undefined) continue;
    const user = identity.name ?? `uid ${identity.uid}`;
    const why = blocked === file ? '' : `: ${blocked} is closed to that user`;
    const verb = need === READ ? 'read' : file === process.execPath ? 'run' : 'enter';
    throw new TshornError('ERR_USER', `--user: ${user} cannot ${verb} ${file}${why}`, {
      fix: `let that user in (chmod or chown ${blocked}), or put the file where that user may ${verb} it`,
    });
  }
}
