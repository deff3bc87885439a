/** How many descriptors this process may have open. */
import { readFileSync } from 'node:fs';

/** Where the kernel does not tell. Node raises its own limit to the hard one, which is larger on every system in use. */
const UNKNOWN = 2_048;

/** The soft limit of this process. Node raises it to the hard one when it starts. */
export function mostOpenFiles(limits = readLimits()): number {
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? UNKNOWN : Number(soft);
}

/** Half of all: workers, listeners, log files and other connections need theirs. */
export const mostHeld = (): number => Math.floor(mostOpenFiles() / 2);

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
