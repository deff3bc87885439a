/** The surroundings of the process: its platform, and the directory in which it was started. */
import fs from 'node:fs';
import { TshornError } from '@tshorn/core';

/** @throws TshornError ERR_PLATFORM on Windows */
export function checkPlatform(): void {
  if (process.platform !== 'win32') return;
  throw new TshornError(
    'ERR_PLATFORM',
    'tshorn does not run on Windows: it needs Unix signals and shared sockets',
    { fix: 'run it on Linux or macOS, in a container or in WSL' },
  );
}

/**
 * The current directory as the shell names it. With `current -> releases/41` and a start in `current`, the kernel
 * reports `releases/41`, and a reload after the link has moved would find the old release for ever.
 */
export function workingDirectory(): string {
  const real = process.cwd();
  const named = process.env.PWD;
  if (named === undefined) return real;
  const [there, here] = [fs.statSync(named, { throwIfNoEntry: false }), fs.statSync(real)];
  return there?.ino === here.ino && there.dev === here.dev ? named : real;
}
