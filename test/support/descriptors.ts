/** Open descriptors of a process, from /proc (Linux only). */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** Polls, because the kernel sends no event. Rejects with the last value. */
export async function eventually<T>(
  what: string,
  look: () => T,
  fits: (seen: T) => boolean,
  deadlineMs = 30_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = look();
    if (fits(seen)) return seen;
    if (performance.now() > end) throw new Error(`${what}: still ${JSON.stringify(seen)}`);
    await sleep(5);
  }
}
