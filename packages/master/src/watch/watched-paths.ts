/** The files that `--watch-path` names, those that appear later included. Created by WatchMode. */
import fs from 'node:fs';
import path from 'node:path';
import { isDirectory } from './fingerprint.ts';
import { type Glob, ignoring, parseGlob } from './glob.ts';

/** Files that editors leave beside another one: the copy of Emacs, Vim's with `backup`. */
const BESIDE = /~$|^#.*#$/;

export interface Found {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

export class WatchedPaths {
  #key = '';
  #globs: readonly Glob[] = [];
  isIgnored: (file: string) => boolean = () => false;

  /** Returns true when the patterns are others than before. Both lists are absolute, but for names to ignore. */
  use(patterns: readonly string[], ignored: readonly string[]): boolean {
    const key = JSON.stringify([patterns, ignored]);
    if (key === this.#key) return false;
    this.#key = key;
    this.#globs = patterns.map(parseGlob);
    this.isIgnored = ignoring(ignored);
    return true;
  }

  matches(file: string): boolean {
    return (
      !BESIDE.test(path.basename(file)) &&
      this.#globs.some((glob) => glob.matches(file)) &&
      !this.isIgnored(file)
    );
  }

  mayHold(directory: string): boolean {
    return this.#globs.some((glob) => glob.mayHold(directory)) && !this.isIgnored(directory);
  }

  /** Everything that is there now. */
  find(): Found {
    const files = new Set<string>();
    const directories = new Set<string>();
    for (const { base, isPlain } of this.#globs) {
      // A plain path may be a file, or be there later.
      if (isPlain && !isDirectory(base)) {
        files.add(base);
        continue;
      }
      const found = this.findIn(base);
      for (const file of found.files) files.add(file);
      for (const directory of found.directories) directories.add(directory);
    }
    return { files: [...files], directories: [...directories] };
  }

  /** Links to directories are not followed: they may lead back. */
  findIn(directory: string): Found {
    const files: string[] = [];
    const directories: string[] = [];
    const queue = this.mayHold(directory) ? [directory] : [];
    for (const at of queue) {
      directories.push(at);
      for (const entry of entriesOf(at)) {
        const found = path.join(at, entry.name);
        if (!entry.isDirectory()) {
          if (this.matches(found)) files.push(found);
        } else if (this.mayHold(found)) queue.push(found);
      }
    }
    return { files, directories };
  }
}

function entriesOf(directory: string): fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    // Gone, or not for us to read.
    return [];
  }
}
