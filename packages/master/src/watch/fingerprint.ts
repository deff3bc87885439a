/** Tells whether a file has changed: by its state first, and by its content where the state differs. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';

export interface Fingerprint {
  /** Changes with every write and replacement; empty for a file that is not there. */
  stamp: string;
  /** Absent while it has not been read, and for a large file. */
  hash?: string;
}

/** A larger file counts as changed when its state has changed. */
const LARGEST = 4 * 1024 * 1024;

export function stampOf(path: string): string {
  try {
    const link = fs.lstatSync(path).isSymbolicLink() ? `${fs.readlinkSync(path)}:` : '';
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    // The time of a directory changes with each of its files.
    if (!stat || stat.isDirectory()) return `${link}${stat ? 'directory' : 'nothing'}`;
    return `${link}${stat.ino}:${stat.size}:${stat.mtimeMs}`;
  } catch {
    return '';
  }
}

/** Undefined for what is not there, and for what the system refuses to look at: a worker may report any path. */
export function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export const isDirectory = (path: string): boolean => statOf(path)?.isDirectory() === true;

/** Milliseconds since 1970; 0 for a file that is not there. */
export const modifiedAt = (path: string): number => statOf(path)?.mtimeMs ?? 0;

/** Reads the content; undefined where there is none, or more than is worth it. */
export function hashOf(path: string): string | undefined {
  try {
    const stat = fs.statSync(path);
    if (!stat.isFile() || stat.size > LARGEST) return undefined;
    // A read of some file in /proc, which all say so, would wait for ever.
    if (stat.size === 0) return 'empty';
    return createHash('sha1').update(fs.readFileSync(path)).digest('base64');
  } catch {
    return undefined;
  }
}

/** Adds the content, if the file is still in the state that the fingerprint has: else it would be that of a later save. */
export function addHash(path: string, fingerprint: Fingerprint): void {
  const hash = hashOf(path);
  if (hash !== undefined && stampOf(path) === fingerprint.stamp) fingerprint.hash = hash;
}

/** Brings the fingerprint up to date. Returns false for a file that was touched, and says the same as before. */
export function hasChanged(path: string, known: Fingerprint): boolean {
  const stamp = stampOf(path);
  if (stamp === known.stamp) return false;
  const hash = stamp === '' ? undefined : hashOf(path);
  const same = hash !== undefined && hash === known.hash;
  known.stamp = stamp;
  if (hash === undefined) delete known.hash;
  else known.hash = hash;
  return !same;
}
