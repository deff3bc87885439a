/**
 * Watches directories, and not files: a file that an editor replaces by renaming another one would be lost. A directory
 * that is not there is waited for, and one that is replaced is watched again. Created by WatchMode.
 */
import fs from 'node:fs';
import path from 'node:path';
import { statOf } from './fingerprint.ts';

export interface DirectoriesEvents {
  /** Something has happened to this name in the directory; undefined: to any of its names. */
  onChange(directory: string, name: string | undefined): void;
  /** A directory cannot be watched, and is looked at now and then instead. */
  onPolled(directory: string, code: string): void;
}

interface Watched {
  /** The directory, or the nearest one above it that exists. */
  readonly target: string;
  readonly inode: number;
  readonly close: () => void;
}

const POLL_MS = 500;

/**
 * File systems that tell nothing of what another machine, or the host of a virtual one, writes: statfs(2). NFS, SMB,
 * CIFS, 9p (WSL), VirtualBox and Parallels.
 */
const SILENT = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x786f4256, 0x7c7c6673]);

export class Directories {
  readonly #events: DirectoriesEvents;
  readonly #watched = new Map<string, Watched>();

  constructor(events: DirectoriesEvents) {
    this.#events = events;
  }

  /** @param root the directories up to this one are watched too: one of them may be replaced as a whole */
  add(directory: string, root: string): void {
    for (const at of upTo(root, directory)) if (!this.#watched.has(at)) this.#watch(at);
  }

  /** Watches no others any more, but for those above them. */
  keepOnly(directories: Iterable<string>, root: string): void {
    const kept = new Set([...directories].flatMap((directory) => upTo(root, directory)));
    for (const directory of [...this.#watched.keys()]) if (!kept.has(directory)) this.#remove(directory);
  }

  close(): void {
    for (const directory of [...this.#watched.keys()]) this.#remove(directory);
  }

  #remove(directory: string): void {
    this.#watched.get(directory)?.close();
    this.#watched.delete(directory);
  }

  #watch(directory: string): void {
    const { target, inode } = nearest(directory);
    const onEvent = (name: string | undefined) => this.#heard(directory, name);
    this.#watched.set(directory, { target, inode, close: this.#open(target, onEvent) });
    // Something may have come, gone or been replaced between the look and the watch.
    this.#renew(directory);
  }

  #open(target: string, onEvent: (name: string | undefined) => void): () => void {
    const poll = (code: string): (() => void) => {
      this.#events.onPolled(target, code);
      const timer = setInterval(() => onEvent(undefined), POLL_MS).unref();
      return () => clearInterval(timer);
    };
    try {
      if (isSilent(target)) return poll('network file system');
      const watcher = fs.watch(target, { persistent: false }, (_type, name) => onEvent(name ?? undefined));
      let close = () => watcher.close();
      watcher.on('error', (error: NodeJS.ErrnoException) => {
        close();
        close = poll(error.code ?? '');
      });
      return () => close();
    } catch (error) {
      return poll((error as NodeJS.ErrnoException).code ?? '');
    }
  }

  #heard(directory: string, name: string | undefined): void {
    if (!this.#renew(directory) && this.#watched.get(directory)?.target === directory) {
      this.#events.onChange(directory, name);
    }
    // A directory in it may have been replaced with everything below it, of which those below hear nothing.
    const below = `${name === undefined ? directory : path.join(directory, name)}/`;
    for (const other of [...this.#watched.keys()]) if (`${other}/`.startsWith(below)) this.#renew(other);
  }

  /** Returns true for a directory that is gone, has come back, or is another one of that name. */
  #renew(directory: string): boolean {
    const watched = this.#watched.get(directory);
    if (!watched) return false;
    const { target, inode } = nearest(directory);
    if (target === watched.target && inode === watched.inode) return false;
    watched.close();
    this.#watch(directory);
    this.#events.onChange(directory, undefined);
    return true;
  }
}

/** The directory and those above it, up to the root if it is in there. */
function upTo(root: string, directory: string): string[] {
  const directories = [directory];
  const isBelow = (at: string) => at !== root && at.startsWith(root === '/' ? '/' : `${root}/`);
  for (let at = directory; isBelow(at); at = path.dirname(at)) directories.push(path.dirname(at));
  return directories;
}

/** The directory itself, or the nearest one above it that exists. */
function nearest(directory: string): { target: string; inode: number } {
  for (let at = directory; ; at = path.dirname(at)) {
    const stat = statOf(at);
    if (stat?.isDirectory() || at === path.dirname(at)) return { target: at, inode: stat?.ino ?? 0 };
  }
}

const isSilent = (directory: string): boolean =>
  process.platform === 'linux' && SILENT.has(fs.statfsSync(directory).type);
