/** Reads what tells the name of a release (release-name.ts), and what shows that its files have been overwritten. */
import fs from 'node:fs';
import path from 'node:path';
import { readPackage } from '@tshorn/core';
import { gitHead, tagOf } from './git-head.ts';
import type { Link, ReleaseFacts } from './release-name.ts';

interface Place {
  /** Real path of the working directory. */
  readonly cwd: string;
  /** Real path of the app's file. */
  readonly appFile: string;
}

/** @param written the path of the app as the config names it, absolute */
export function releaseFacts(place: Place, given: string | undefined, written: string): ReleaseFacts {
  const home = homeOf(place);
  const head = gitHead(home);
  return {
    ...place,
    given,
    links: linksOn(written),
    git: { commit: head?.commit, tag: head && tagOf(head) },
    version: versionIn(home),
  };
}

/** Shows whether the files of a release are still those that it was made of. */
export interface Content {
  /** Identity and time of the app's file; undefined where it cannot be read. */
  readonly file: string | undefined;
  /** The commit that is checked out. */
  readonly commit: string | undefined;
  /** `version` of package.json: where it is another, so are files that nobody looks at here. */
  readonly version: string | undefined;
}

export function contentOf(place: Place): Content {
  const stat = fs.statSync(place.appFile, { throwIfNoEntry: false });
  const home = homeOf(place);
  return {
    file: stat && `${stat.ino}:${stat.size}:${stat.mtimeMs}`,
    commit: gitHead(home)?.commit,
    version: versionIn(home),
  };
}

/** The change since the content was read, as after a deploy in place; undefined where there is none. */
export function changeSince({ file, commit, version }: Content, place: Place): string | undefined {
  const now = contentOf(place);
  if (now.file !== file) return `${place.appFile} has changed`;
  if (now.commit !== commit) return `another commit is checked out in ${homeOf(place)}`;
  if (now.version === version) return undefined;
  return `the version in package.json has changed from ${version ?? 'none'} to ${now.version ?? 'none'}`;
}

/** A command of a package, such as `next`, is not what is deployed. */
const homeOf = ({ cwd, appFile }: Place): string =>
  appFile.includes('/node_modules/') ? cwd : path.dirname(appFile);

/** The symbolic links to directories on the path, the last one first. */
function linksOn(written: string): Link[] {
  const links: Link[] = [];
  for (let at = written; at !== path.dirname(at); at = path.dirname(at)) {
    if (!fs.lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    const target = fs.realpathSync(at);
    if (fs.statSync(target).isDirectory()) {
      links.push({ name: path.basename(at), target: path.basename(target) });
    }
  }
  return links;
}

/** The version in the nearest package.json. */
function versionIn(directory: string): string | undefined {
  const found = readPackage(directory);
  if (found) return typeof found.version === 'string' ? found.version : undefined;
  return directory === path.dirname(directory) ? undefined : versionIn(path.dirname(directory));
}
