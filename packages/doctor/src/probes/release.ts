/** The release directory: the link that leads to it, its native addons, and the files that its start writes. */
import { basename, dirname, join } from 'node:path';
import type { ReleaseFacts } from '../facts.ts';
import type { System } from '../system.ts';
import { addonsOf } from './addons.ts';
import { ancestorsOf } from './surroundings.ts';

/** Directories above a release in which a deployment keeps its link. */
const LEVELS_ABOVE = 2;
const MOST_NAMES = 500;
const LINK_NAME = /^(current|live|latest|active|release|stable|production|prod|now)$/i;
/** A version, a time or a commit, as the name of a release. */
const RELEASE_NAME = /^(v?\d[\w.-]*|[0-9a-f]{7,40})$/i;

const MOST_FILES = 5_000;
const DEEPEST = 6;
/** File systems keep a time that may be some milliseconds old. */
const COARSE_MS = 10;

/** @param cwd as the master would keep it, with its links */
export function releaseOf(system: System, cwd: string): Omit<ReleaseFacts, 'written'> {
  const real = system.realpath(cwd) ?? cwd;
  return {
    cwd: real,
    linkBeside: real === cwd ? linkBeside(system, real) : undefined,
    foreignAddons: addonsOf(system, real),
  };
}

function linkBeside(system: System, cwd: string): string | undefined {
  for (const release of ancestorsOf(cwd).slice(0, LEVELS_ABOVE + 1)) {
    const parents = ancestorsOf(dirname(release)).slice(0, LEVELS_ABOVE);
    for (const directory of parents.filter((parent) => parent !== '/')) {
      const link = system
        .list(directory)
        .slice(0, MOST_NAMES)
        .filter((name) => LINK_NAME.test(name) || RELEASE_NAME.test(basename(release)))
        .map((name) => join(directory, name))
        .find((path) => system.readlink(path) !== undefined && system.realpath(path) === release);
      if (link !== undefined) return join(link, cwd.slice(release.length));
    }
  }
  return undefined;
}

/** The files below a directory that have changed since. Modules and the history of the source are left out. */
export function writtenSince(system: System, directory: string, since: number): string[] {
  const written: string[] = [];
  const until = Date.now() + COARSE_MS;
  let looked = 0;
  const walk = (at: string, depth: number) => {
    for (const name of system.list(at)) {
      if (looked++ > MOST_FILES) return;
      if (name === 'node_modules' || name === '.git') continue;
      const path = join(at, name);
      const stat = system.readlink(path) === undefined ? system.stat(path) : undefined;
      if (stat?.kind === 'directory' && depth < DEEPEST) walk(path, depth + 1);
      const changedAt = stat?.kind === 'file' ? stat.mtimeMs : 0;
      // A time in the future is older than the clock: the check of the clock has it.
      if (changedAt > since + COARSE_MS && changedAt < until) written.push(path.slice(directory.length + 1));
    }
  };
  walk(directory, 0);
  return written;
}
