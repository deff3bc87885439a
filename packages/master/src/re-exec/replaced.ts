/**
 * The release that a rollback has replaced, as the new master of a re-exec is told of it: that one starts what is deployed,
 * which may be this very release.
 */
import type { Release } from '../release.ts';

export interface Replaced {
  /** Who asked for the rollback. */
  readonly by: string;
  readonly name?: string;
  /** Tells one state of its files from another, where it has no name. */
  readonly files: string;
}

export const replacedOf = (release: Release, by: string): Replaced => ({
  by,
  ...(release.name !== undefined && { name: release.name }),
  files: filesOf(release),
});

const filesOf = ({ appFile, cwd, content }: Release): string => JSON.stringify([appFile, cwd, content]);

/** Says so where the first release of this master is the one that the rollback has replaced; undefined where it is not. */
export function bringsBackByReExec(release: Release, replaced: Replaced | undefined): string | undefined {
  if (!replaced || replaced.name !== release.name) return undefined;
  if (release.name === undefined && replaced.files !== filesOf(release)) return undefined;
  return `the re-exec brings ${release.name ?? release.appFile} again, which ${replaced.by} has replaced by an older release: a new master serves what is deployed`;
}

/** What another version of tshorn has written is not trusted. */
export function readReplaced(value: unknown): Replaced | undefined {
  const { by, name, files } = (value ?? {}) as Partial<Replaced>;
  if (typeof by !== 'string' || typeof files !== 'string') return undefined;
  return { by, files, ...(typeof name === 'string' && { name }) };
}
