/**
 * Watches directories, and not files: a file that an editor replaces by renaming another one would be lost. A directory
 * that is not there is waited for. Created by WatchMode.
 */
import fs from 'node:fs';
import path from 'node:path';

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

export class Directories {
  readonly #events: DirectoriesEvents;
  readonly #watched = new Map<string, Watched>();

  constructor(events: DirectoriesEvents) {
    this.#events = events;
  }

  get all(): readonly string[] {
    return [...this.#watched.keys()];
  }

  add(directory: string): void {
    if (!this.#watched.has(directory)) this.#watch(directory);
  }

  remove(directory: string): void {
    this.#watched.get(directory)?.close();
    this.#watched.delete(directory);
  }

  close(): void {
    for (const directory of this.all) this.remove(directory);
  }

  #watch(directory: string): void {
    const { target, inode } = nearest(directory);
    const onEvent = (name: string | undefined) => this.#heard(directory, name);
    this.#watched.set(directory, { target, inode, close: this.#open(target, onEvent) });
  }

  #open(target: string, onEvent: (name: string | undefined) => void): () => void {
    const poll = (code = ''): (() => void) => {
      this.#events.onPolled(target, code);
      const timer = setInterval(() => onEvent(undefined), POLL_MS).unref();
      return () => clearInterval(timer);
    };
    try {
      const watcher = fs.watch(target, { persistent: false }, (_type, name) => onEvent(name ?? undefined));
      let close = () => watcher.close();
      watcher.on('error', (error: NodeJS.ErrnoException) => {
        close();
        close = poll(error.code);
      });
      return () => close();
    } catch (error) {
      return poll((error as NodeJS.ErrnoException).code);
    }
  }

  #heard(directory: string, name: string | undefined): void {
    const watched = this.#watched.get(directory);
    if (!watched) return;
    const { target, inode } = nearest(directory);
    const isSame = target === watched.target && inode === watched.inode;
    if (!isSame) {
      // It is gone, has come back, or another one has its name.
      watched.close();
      this.#watch(directory);
    }
    if (!isSame) this.#events.onChange(directory, undefined);
    else if (target === directory) this.#events.onChange(directory, name);
  }
}

/** The directory itself, or the nearest one above it that exists. */
function nearest(directory: string): { target: string; inode: number } {
  for (let at = directory; ; at = path.dirname(at)) {
    const stat = fs.statSync(at, { throwIfNoEntry: false });
    if (stat?.isDirectory() || at === path.dirname(at)) return { target: at, inode: stat?.ino ?? 0 };
  }
}
