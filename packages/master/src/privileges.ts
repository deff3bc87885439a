/**
 * The user that the workers run as. Resolved once, before an address is bound: a reload cannot change it, since workers
 * of two users would not be able to read each other's files.
 */
import type { Config } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import type { Logger } from './log.ts';
import { findGroup, findUser, type User } from './os/accounts.ts';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Absent for a number without an account. */
  readonly name?: string;
  readonly home: string;
}

export interface Privileges {
  /** Absent: workers run as the user of the master. */
  readonly identity?: Identity;
  /** Absent: the umask of the master. */
  readonly umask?: number;
}

type Wanted = Pick<Config, 'user' | 'group' | 'umask'>;

/** @throws TshornError ERR_USER when there is no such user or group, or the master may not become it */
export function resolvePrivileges({ user, group, umask }: Wanted): Privileges {
  const mask = umask === undefined ? {} : { umask };
  if (user === undefined && group === undefined) return mask;
  const [ownUid, ownGid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
  const wanted: User = user === undefined ? findUser(String(ownUid)) : findUser(user);
  const { uid, entry } = wanted;
  const gid = group === undefined ? entry?.gid : findGroup(group);
  if (gid === undefined) {
    throw new TshornError('ERR_USER', `--user ${user}: no account has that number, so its group is unknown`, {
      fix: 'name the group with --group',
    });
  }
  // The USER of a container image, for instance.
  if (ownUid !== 0 && uid === ownUid && gid === ownGid) return mask;
  if (ownUid !== 0) {
    const option = user === undefined ? `--group ${group}` : `--user ${user}`;
    throw new TshornError('ERR_USER', `${option}: only root can start workers as another user`, {
      fix: 'start tshorn as root, or as that user without the option',
    });
  }
  return { ...mask, identity: { uid, gid, home: entry?.home ?? '/', ...(entry && { name: entry.name }) } };
}

/** Warns once, where the user was not chosen: `--user root` chooses it. */
export function warnOfRoot(log: Logger, { user }: Wanted): void {
  if (process.geteuid?.() !== 0 || user !== undefined) return;
  log.warn(
    { event: 'workers-are-root' },
    'workers run as root; set --user to drop privileges, or --user root to silence this warning',
  );
}
