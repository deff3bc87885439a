/** What the kernel tells of another process. Only Linux has /proc; elsewhere a pid is alive or not. */
import fs from 'node:fs';

/** The kernel gives start times in these, on every platform that Linux runs on (USER_HZ, man 7 time). */
const TICKS_PER_SECOND = 100;

/** One that belongs to somebody else is alive too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export interface OtherProcess {
  /** Its command line. A zombie has none. */
  readonly words: readonly string[];
  /** Milliseconds since 1970; a second's grain. */
  readonly startedAt: number | undefined;
}

/** Undefined where there is no /proc, or it may not be read. */
export function processOf(pid: number | 'self'): OtherProcess | undefined {
  try {
    const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return { words, startedAt: startOf(pid) };
  } catch {
    return undefined;
  }
}

function startOf(pid: number | 'self'): number | undefined {
  const boot = /^btime (\d+)$/m.exec(fs.readFileSync('/proc/stat', 'utf8'))?.[1];
  // The second word is the program's name in brackets, and may hold blanks and brackets itself.
  const [, ...words] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[A-Za-z] )/);
  const ticks = words.at(-1)?.split(' ')[19];
  if (boot === undefined || ticks === undefined) return undefined;
  return (Number(boot) + Number(ticks) / TICKS_PER_SECOND) * 1_000;
}
