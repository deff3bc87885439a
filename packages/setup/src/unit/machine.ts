/** The facts about this machine and this process that a unit depends on. Tests make a machine of their own. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import type { Environment } from '@tshorn/config';

export interface Stat {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly isDirectory: boolean;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  /** Its own group, and those it is a member of. */
  readonly groups: readonly number[];
  readonly home: string;
}

export interface Machine {
  readonly env: Environment;
  /** The directory that the command was given in, as the shell names it. */
  readonly cwd: string;
  /** Real path of the Node that runs. */
  readonly execPath: string;
  /** `24.11.0` */
  readonly nodeVersion: string;
  /** Path by which this tshorn was started; may be a symbolic link. */
  readonly program: string;
  readonly version: string;
  readonly account: Account;
  /** Undefined where there is no such account. */
  accountOf(name: string): Account | undefined;
  /** Follows symbolic links in the path; undefined where nothing is there. */
  realpath(path: string): string | undefined;
  /** Undefined where nothing is there. */
  stat(path: string): Stat | undefined;
  /** Names of the symbolic links in a directory. */
  linksIn(directory: string): readonly string[];
  /** True where starting this program in `cwd`, with the variables of a service, becomes this very Node. */
  becomesNode(program: string): boolean;
  /** The version of systemd, such as 252; undefined where there is none. */
  systemdVersion(): number | undefined;
}

/** PATH of a system service, as systemd sets it. */
export const SERVICE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type Given = Pick<Machine, 'env' | 'cwd' | 'program' | 'version'>;

export function thisMachine(given: Given): Machine {
  const { execPath } = process;
  const user = os.userInfo();
  const account = {
    name: user.username,
    uid: user.uid,
    groups: process.getgroups?.() ?? [user.gid],
    home: user.homedir,
  };
  return {
    ...given,
    execPath,
    nodeVersion: process.versions.node,
    account,
    accountOf: (name) => (name === account.name ? account : findAccount(name)),
    realpath: (path) => attempt(() => fs.realpathSync(path)),
    stat: (path) =>
      attempt(() => {
        const stat = fs.statSync(path);
        return { uid: stat.uid, gid: stat.gid, mode: stat.mode, isDirectory: stat.isDirectory() };
      }),
    linksIn: (directory) =>
      attempt(() => fs.readdirSync(directory, { withFileTypes: true }))
        ?.filter((entry) => entry.isSymbolicLink())
        .map(({ name }) => name) ?? [],
    becomesNode: (program) => becomesNode(program, given.cwd, account.home),
    systemdVersion: () => {
      const { stdout } = spawnSync('systemctl', ['--version'], { encoding: 'utf8', timeout: 5000 });
      const found = /^systemd (\d+)/.exec(stdout ?? '')?.[1];
      return found === undefined ? undefined : Number(found);
    },
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** getent knows the accounts of a directory service too; /etc/passwd is everywhere. */
function findAccount(name: string): Account | undefined {
  const { stdout } = spawnSync('getent', ['passwd', name], { encoding: 'utf8', timeout: 5000 });
  const lines = `${stdout ?? ''}\n${attempt(() => fs.readFileSync('/etc/passwd', 'utf8')) ?? ''}`.split('\n');
  const found = lines
    .map((line) => line.split(':'))
    .find((fields) => fields[0] === name || fields[2] === name);
  if (found?.[0] === undefined) return undefined;
  const { stdout: ids } = spawnSync('id', ['-G', found[0]], { encoding: 'utf8', timeout: 5000 });
  const groups = [found[3], ...(ids ?? '').split(/\s+/)].filter(Boolean).map(Number);
  return { name: found[0], uid: Number(found[2]), groups, home: found[5] ?? '/' };
}

/**
 * A shim of a version manager counts only if it becomes Node (`exec`): under one that stays as the parent, neither the
 * watchdog nor passed sockets are meant for the master.
 */
function becomesNode(program: string, cwd: string, home: string): boolean {
  const code = 'console.log(process.ppid, process.execPath)';
  const { stdout } = spawnSync(program, ['-e', code], {
    cwd,
    env: { PATH: SERVICE_PATH, HOME: home },
    encoding: 'utf8',
    timeout: 10_000,
  });
  return stdout?.trim() === `${process.pid} ${process.execPath}`;
}
