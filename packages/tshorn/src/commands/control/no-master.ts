import { readText, TshornError } from '@tshorn/core';

/** Facts about processes; a test has its own. */
export interface Processes {
  /** `none`, or `foreign` where another user's process has the pid. */
  state(pid: number): 'none' | 'foreign' | 'own';
  /** The parent and the command line, where the system tells them. */
  parent(pid: number): number | undefined;
  line(pid: number): string | undefined;
}

const real: Processes = {
  state(pid) {
    try {
      process.kill(pid, 0);
      return 'own';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'foreign' : 'none';
    }
  },
  // The name of the program is in parentheses and may contain any character, also a parenthesis.
  parent: (pid) => Number(/\) \S (\d+) [^)]*$/.exec(readText(`/proc/${pid}/stat`) ?? '')?.[1]) || undefined,
  line: (pid) => readText(`/proc/${pid}/cmdline`)?.split('\0').join(' ').trim() || undefined,
};

/**
 * The error for a pid without a control socket: it says what the process is.
 * @param isMaster true for a pid that has a control socket
 * @param looked the directories of control sockets, in words
 */
export function noMaster(
  pid: number,
  isMaster: (pid: number) => boolean,
  looked: string,
  processes: Processes = real,
): TshornError {
  const state = processes.state(pid);
  if (state === 'none') {
    return error(`no process has the pid ${pid}`, 'omit the pid to find the master of this user');
  }
  const parent = processes.parent(pid);
  if (parent !== undefined && isMaster(parent)) {
    return error(`${pid} is a worker of the master ${parent}`, `give the pid of the master: ${parent}`);
  }
  if (state === 'foreign') {
    return error(
      `process ${pid} belongs to another user`,
      'run this as the user who started the master, or name its socket with --control PATH',
    );
  }
  const line = processes.line(pid);
  return error(
    `process ${pid}${line ? ` (${line.slice(0, 100)})` : ''} is no master with a control socket in ${looked}`,
    'omit the pid to find the master of this user; for a master with --control PATH, give the same --control PATH',
  );
}

const error = (message: string, fix: string) => new TshornError('ERR_CONTROL', message, { fix });
