/** Users and groups of this machine, by name or number. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { TshornError } from '@tshorn/core';

export interface User {
  readonly uid: number;
  /** Absent for a number that nobody has. */
  readonly entry?: { readonly name: string; readonly gid: number; readonly home: string };
}

/** @throws TshornError ERR_USER for a name that this machine does not know */
export function findUser(wanted: string): User {
  const [name, , uid, gid, , home] = find('passwd', wanted) ?? [];
  if (name !== undefined) {
    return { uid: Number(uid), entry: { name, gid: Number(gid), home: home || '/' } };
  }
  if (isNumber(wanted)) return { uid: Number(wanted) };
  throw new TshornError('ERR_USER', `--user ${wanted}: this machine has no user of that name`, {
    fix: 'create it (useradd --system), or name one that is there, by its number if need be',
  });
}

/** @throws TshornError ERR_USER for a name that this machine does not know */
export function findGroup(wanted: string): number {
  if (isNumber(wanted)) return Number(wanted);
  const gid = find('group', wanted)?.[2];
  if (gid !== undefined) return Number(gid);
  throw new TshornError('ERR_USER', `--group ${wanted}: this machine has no group of that name`, {
    fix: 'create it (groupadd --system), or name one that is there, by its number if need be',
  });
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

/** The fields of its line: passwd(5), group(5); both have name and number in the same places. */
function find(database: 'passwd' | 'group', wanted: string): string[] | undefined {
  const at = isNumber(wanted) ? 2 : 0;
  const lines = [
    () => fs.readFileSync(`/etc/${database}`, 'utf8'),
    // Those of a directory service (LDAP, systemd-homed) are in no file. Where there is no such program there are none.
    () =>
      execFileSync('getent', [database, wanted], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ];
  for (const read of lines) {
    const found = linesOf(read).find((fields) => fields[at] === wanted);
    if (found) return found;
  }
  return undefined;
}

function linesOf(read: () => string): string[][] {
  try {
    return read()
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
