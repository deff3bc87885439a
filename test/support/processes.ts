/** Looks whether processes live, and waits. */
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

export async function pollUntil(look: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (look()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nothing within 30 s');
}
