/** Open descriptors of a process, from /proc (Linux only). */
import fs from 'node:fs';

/** Skips the test on a machine without /proc. */
export const onLinux: typeof test | typeof test.skip = process.platform === 'linux' ? test : test.skip;

/** Number of sockets of the process; 0 when it is gone. */
export function sockets(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  try {
    const isSocket = (fd: string) => {
      try {
        return fs.readlinkSync(`${directory}/${fd}`).startsWith('socket:');
      } catch {
        return false; // Closed since it was listed.
      }
    };
    return fs.readdirSync(directory).filter(isSocket).length;
  } catch {
    return 0;
  }
}

/** Number of descriptors of the process. */
export const descriptors = (pid: number): number => fs.readdirSync(`/proc/${pid}/fd`).length;
