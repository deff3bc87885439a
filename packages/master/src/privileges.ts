/**
 * Whom the workers run as. Found out once, before an address is bound: a reload cannot change it, since
 * workers of two users would not be able to read each other's files.
 */
import type { Config } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import type { Logger } from './log.ts';
import { findGroup, findUser, type User } from './os/accounts.ts';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Absent for a number that nobody has. */
  readonly name?: string;
  readonly home: string;
}

export interface Privileges {
  /** Absent: workers run as the master does. */
  readonly identity?: Identity;
  /** Absent: that of the master. */
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
    throw new TshornError('ERR_USER', `--user ${user}: nobody has that number, so its group is unknown`, {
      fix: 'name the group with --group',
    });
  }
  // As in an image whose USER it is already.
  if (ownUid !== 0 && uid === ownUid && gid === ownGid) return mask;
  if (ownUid !== 0) {
    const option = user === undefined ? `--group ${group}` : `--user ${user}`;
    throw new TshornError('ERR_USER', `${option}: only root can start workers as somebody else`, {
      fix: 'start tshorn as root, or as that user without the option',
    });
  }
  return { ...mask, identity: { uid, gid, home: entry?.home ?? '/', ...(entry && { name: entry.name }) } };
}

/** Once, where somebody may not have thought of it: who says `--user root` has. */
export function warnOfRoot(log: Logger, { user }: Wanted): void {
  if (process.geteuid?.() !== 0 || user !== undefined) return;
  log.warn(
    { event: 'workers-are-root' },
    'the workers run as root, and so does the app; give them a user with --user (--user root says that this is meant)',
  );
}
