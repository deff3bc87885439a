/**
 * The commit that is checked out in a directory, read from the files of Git without running it: gitrepository-layout(5). What
 * cannot be read, as with refs in a reftable, is undefined. Every read is bounded: it delays a start.
 */
import fs from 'node:fs';
import path from 'node:path';

export interface GitHead {
  readonly commit: string;
  /** Directory with the refs of all worktrees. */
  readonly common: string;
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Directories upwards in which a `.git` is looked for. */
const MOST_PARENTS = 10;
const MOST_BYTES = 1_000_000;
const MOST_TAGS = 200;

/** The commit of the working tree that the directory is in. */
export function gitHead(directory: string): GitHead | undefined {
  const git = gitDirectory(directory);
  const head = git && read(git, 'HEAD');
  if (!head) return undefined;
  // In a worktree HEAD is its own, and the refs are those of the repository.
  const common = path.resolve(git, read(git, 'commondir') ?? '.');
  const ref = /^ref: (refs\/[^\0]+)$/.exec(head)?.[1];
  const commit = ref === undefined ? head : (read(common, ref) ?? packed(common).get(ref));
  return commit !== undefined && COMMIT.test(commit) ? { commit, common } : undefined;
}

/** A tag of the commit, the last by name. Of annotated tags only those that `git clone` or `git pack-refs` has packed are found. */
export function tagOf({ commit, common }: GitHead): string | undefined {
  const tags = [...packed(common)].filter(([, target]) => target === commit).map(([ref]) => ref);
  const loose = namesIn(path.join(common, 'refs/tags')).filter(
    (name) => read(common, `refs/tags/${name}`) === commit,
  );
  return [...tags.flatMap((ref) => /^refs\/tags\/(.+)$/.exec(ref)?.[1] ?? []), ...loose].sort().at(-1);
}

/** `.git` is a directory, or a file that names it: in a worktree and in a submodule. */
function gitDirectory(directory: string): string | undefined {
  let at = directory;
  for (let parents = 0; parents <= MOST_PARENTS; parents++) {
    const git = path.join(at, '.git');
    const stat = fs.statSync(git, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return git;
    if (stat?.isFile()) {
      const target = /^gitdir: (.+)$/.exec(read(at, '.git') ?? '')?.[1];
      return target === undefined ? undefined : path.resolve(at, target);
    }
    if (at === path.dirname(at)) return undefined;
    at = path.dirname(at);
  }
  return undefined;
}

/** Ref -> commit. The line behind an annotated tag has the commit that it points at. */
function packed(common: string): Map<string, string> {
  const refs = new Map<string, string>();
  let last = '';
  for (const line of read(common, 'packed-refs')?.split('\n') ?? []) {
    const [, peeled, commit = '', ref] = /^(\^?)([0-9a-f]+)(?: (\S+))?$/.exec(line) ?? [];
    if (peeled) refs.set(last, commit);
    else if (ref !== undefined) {
      refs.set(ref, commit);
      last = ref;
    }
  }
  return refs;
}

function read(directory: string, name: string): string | undefined {
  const file = path.join(directory, name);
  try {
    return fs.statSync(file).size <= MOST_BYTES ? fs.readFileSync(file, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory).slice(0, MOST_TAGS);
  } catch {
    return [];
  }
}
