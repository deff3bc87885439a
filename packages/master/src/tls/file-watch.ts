/**
 * Notices that one of a few files is another one than before: written anew, replaced by a rename, or reached by another
 * symbolic link, as certbot's `live/` and the mounted secrets of Kubernetes do it. The directories are watched, and the files are
 * looked at now and then as well: a file system of another machine tells nothing, and neither does a link higher up.
 * It decides nothing about their content.
 */
import fs from 'node:fs';
import path from 'node:path';
import { withDeadline } from '@tshorn/core';

const LOOK_EVERY_MS = 2_000;
/** A file is written in steps, and a pair of them one after the other. */
const SETTLE_MS = 100;

export class FileWatch {
  #files: readonly string[] = [];
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, fs.FSWatcher>();
  readonly #poll: NodeJS.Timeout;
  #settling: NodeJS.Timeout | undefined;
  #seen: string | undefined;
  #isLooking = false;
  #isClosed = false;

  /** @param onChange called after each change, also for one that changes nothing of the content, and once at the beginning */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#poll = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  watch(files: readonly string[]): void {
    this.#files = files;
    this.#soon();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #soon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#look(), SETTLE_MS).unref();
  }

  async #look(): Promise<void> {
    // A file system that hangs answers late, or never.
    if (this.#isLooking) return;
    this.#isLooking = true;
    const places = await Promise.all(this.#files.map(placeOf));
    this.#isLooking = false;
    if (this.#isClosed) return;
    this.#watchDirectories(new Set(places.flatMap(({ directories }) => directories)));
    const now = places.map(({ mark }) => mark).join('\n');
    if (now === this.#seen) return;
    this.#seen = now;
    this.#onChange();
  }

  #watchDirectories(wanted: ReadonlySet<string>): void {
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watchDirectory(directory);
  }

  #watchDirectory(directory: string): void {
    try {
      const watcher = fs.watch(directory, { persistent: false }, () => this.#soon());
      // Looked at again with the next look.
      const drop = () => {
        watcher.close();
        if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
      };
      watcher.on('error', drop);
      this.#watchers.set(directory, watcher);
    } catch {
      // Not there, or no inotify watch is free: the files are looked at all the same.
    }
  }
}

/** Differs when one of the files does. */
export async function marksOf(files: readonly string[]): Promise<string> {
  const look = Promise.all(files.map(placeOf)).then((places) => places.map(({ mark }) => mark).join('\n'));
  return await withDeadline(look, LOOK_EVERY_MS, () => new Error()).catch(() => '');
}

interface Place {
  /** Differs when the file does. */
  readonly mark: string;
  readonly directories: readonly string[];
}

async function placeOf(file: string): Promise<Place> {
  const named = path.dirname(file);
  try {
    const real = await fs.promises.realpath(file);
    const { ino, mtimeMs, ctimeMs, size } = await fs.promises.stat(real);
    return {
      mark: [file, real, ino, mtimeMs, ctimeMs, size].join(' '),
      directories: [named, path.dirname(real)],
    };
  } catch (error) {
    return { mark: `${file} ${(error as NodeJS.ErrnoException).code}`, directories: [named] };
  }
}
