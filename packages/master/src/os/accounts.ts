/** Users and groups of this machine, by name or number. */
import { execFileSync } from 'node:child_process';
import { readText, TshornError } from '@tshorn/core';

export interface User {
  readonly uid: number;
  /** Absent for a number without an account. */
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
    fix: 'create it (useradd --system), or name an existing user or a number',
  });
}

/** @throws TshornError ERR_USER for a name that this machine does not know */
export function findGroup(wanted: string): number {
  if (isNumber(wanted)) return Number(wanted);
  const gid = find('group', wanted)?.[2];
  if (gid !== undefined) return Number(gid);
  throw new TshornError('ERR_USER', `--group ${wanted}: this machine has no group of that name`, {
    fix: 'create it (groupadd --system), or name an existing group or a number',
  });
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

/** The fields of its line: passwd(5), group(5); both have name and number in the same places. */
function find(database: 'passwd' | 'group', wanted: string): string[] | undefined {
  const at = isNumber(wanted) ? 2 : 0;
  const fieldsIn = (text = '') =>
    text
      .split('\n')
      .map((line) => line.split(':'))
      .find((fields) => fields[at] === wanted);
  return fieldsIn(readText(`/etc/${database}`)) ?? fieldsIn(getent(database, wanted));
}

/** Entries of a directory service (LDAP, systemd-homed), which are in no file; undefined without that program. */
function getent(database: string, wanted: string): string | undefined {
  try {
    return execFileSync('getent', [database, wanted], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
