/** Whether processes are there, and waiting until they are not. */
import fs from 'node:fs';

/** A zombie is dead: it waits for its parent to look, and that may be the machine's init. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Elsewhere than on Linux there is no /proc.
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
