/** Looks whether processes live. */
import fs from 'node:fs';

/** A zombie counts as dead: it only waits for its parent, which may be the machine's init. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Only Linux has /proc.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !fs.existsSync('/proc/self/stat');
  }
}
