/** The name of a release, for people: as somebody gave it, or as its files tell it. Pure; release-facts.ts reads the files. */
import { dirname } from 'node:path';

export interface Link {
  /** The name of a symbolic link to a directory, on the path of the app. */
  readonly name: string;
  /** The name of the directory that it leads to. */
  readonly target: string;
}

export interface ReleaseFacts {
  /** `--release`. */
  readonly given: string | undefined;
  /** Real path of the working directory. */
  readonly cwd: string;
  /** Real path of the app's file. */
  readonly appFile: string;
  /** The links on the path of the app as it is written, the last one first. */
  readonly links: readonly Link[];
  /** The commit that is checked out, and a tag of it. */
  readonly git: { readonly commit?: string | undefined; readonly tag?: string | undefined };
  /** The version in package.json. */
  readonly version: string | undefined;
}

const LONGEST = 100;
/** Characters of a commit, as Git shows it. */
const SHORT = 7;

/**
 * The first of: the given name; NAME of a path `.../releases/NAME/...`; the directory that a link leads to, where the link is
 * called `current` or the directory has a digit (`app-v1.4.2`); the tag; the commit; the version. Undefined where there is none.
 */
export function releaseName({ given, cwd, appFile, links, git, version }: ReleaseFacts): string | undefined {
  const names = [
    given,
    inReleases(cwd),
    inReleases(dirname(appFile)),
    links.find(isOfRelease)?.target,
    git.tag,
    git.commit?.slice(0, SHORT),
    // Nobody has set this one.
    version === '0.0.0' ? undefined : version,
  ];
  return names.map(tidy).find((name) => name !== '');
}

const inReleases = (directory: string): string | undefined => {
  const parts = directory.split('/');
  const at = parts.lastIndexOf('releases');
  return at === -1 ? undefined : parts[at + 1];
};

/** A link that was made to move a directory elsewhere has its name, as /tmp to /private/tmp. */
const isOfRelease = ({ name, target }: Link): boolean =>
  name !== target && (name === 'current' || /\d/.test(target));

/** The name goes into lines of the log, labels and headers. */
const tidy = (name: string | undefined): string =>
  (name ?? '').replace(/[^\x21-\x7e]+/g, '-').slice(0, LONGEST);
