/** How many descriptors this process has open. */
import fs from 'node:fs';

/** Kept from before an app is loaded, which may replace it. */
const { statSync } = fs;

/** The kernel tells by the size of the directory how many are open: Linux 6.2 and newer, and 0 before. */
const OPEN_FILES = '/proc/self/fd';

/** Undefined where the kernel does not tell. */
export function openFileCount(): number | undefined {
  try {
    return statSync(OPEN_FILES).size || undefined;
  } catch {
    return undefined;
  }
}
