/** Which files are watched, and how a reload names those that have changed. Pure. */
import path from 'node:path';
import { oneLine } from '@tshorn/core';

const NODE_MODULES = `${path.sep}node_modules${path.sep}`;

/** A longer name is cut in the log. */
const LONGEST = 300;

/**
 * A package that is linked into `node_modules` from a workspace counts: Node reports its real path.
 * @param own directory of tshorn's own files
 */
export const isWatched = (file: string, own: string): boolean =>
  !file.includes(NODE_MODULES) && !file.startsWith(own);

/** `changed src/app.js (+2 more)`: the shortest name first, as the reader knows it. */
export function describeChange(files: readonly string[], cwd: string): string {
  const names = files.map((file) => nameIn(cwd, file)).sort((a, b) => a.length - b.length);
  const more = names.length > 1 ? ` (+${names.length - 1} more)` : '';
  return `changed ${names[0]}${more}`;
}

/** Relative in the directory of the app and in the one above it, absolute elsewhere. */
export function nameIn(cwd: string, file: string): string {
  const relative = path.relative(cwd, file);
  return oneLine(/^\.\.\/\.\./.test(relative) ? file : relative, LONGEST);
}
