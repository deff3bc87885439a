import { posix } from 'node:path';
import type { Machine, Stat } from '../machine.ts';

export interface Given extends Partial<Machine> {
  /** Files and links; a link has its target as the value. Directories above them are there too. */
  readonly files?: Readonly<Record<string, string | true>>;
  /** Owner and mode of a path; default: root, readable by everybody. */
  readonly stats?: Readonly<Record<string, Partial<Stat>>>;
}

const ANN = { name: 'ann', uid: 1000, groups: [1000], home: '/home/ann' };

const WWW = { name: 'www', uid: 33, groups: [33], home: '/var/www' };

/** A machine with these files, on which ann types the command. */
export function machineWith({ files = {}, stats = {}, ...more }: Given = {}): Machine {
  const all = { '/usr/bin/node': true, '/usr/local/bin/tshorn': true, ...files } as Record<
    string,
    string | true
  >;
  const exists = (path: string) =>
    path === '/' || Object.keys(all).some((each) => each === path || each.startsWith(`${path}/`));
  const realpath = (path: string): string | undefined => {
    let at = '/';
    for (const part of path.split('/').filter(Boolean)) {
      const next = posix.join(at, part);
      const target = all[next];
      at = typeof target === 'string' ? (realpath(posix.resolve(at, target)) ?? '/nowhere') : next;
    }
    return exists(at) ? at : undefined;
  };
  return {
    env: { PATH: '/usr/local/bin:/usr/bin' },
    cwd: '/srv/shop',
    execPath: '/usr/bin/node',
    nodeVersion: '24.11.0',
    program: '/usr/local/bin/tshorn',
    version: '0.1.0',
    account: ANN,
    accountOf: (name) => [ANN, WWW].find((account) => account.name === name),
    realpath,
    stat: (path) => {
      const real = realpath(path);
      if (real === undefined) return undefined;
      return { uid: 0, gid: 0, mode: 0o755, isDirectory: all[real] === undefined, ...stats[real] };
    },
    linksIn: (directory) =>
      Object.entries(all)
        .filter(([path, target]) => typeof target === 'string' && posix.dirname(path) === directory)
        .map(([path]) => posix.basename(path)),
    becomesNode: () => false,
    systemdVersion: () => 252,
    ...more,
  };
}
