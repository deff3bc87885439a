/** The files that watch mode knows, each with the newest generation that needs it. Pure. */
import path from 'node:path';
import type { Fingerprint } from './fingerprint.ts';

interface Entry {
  generation: number;
  fingerprint: Fingerprint;
  /** True: the file was written after the worker that reports it had been started. */
  isYoung: boolean;
}

export class WatchedFiles {
  readonly #files = new Map<string, Entry>();
  readonly #byDirectory = new Map<string, Set<string>>();
  readonly #unread = new Set<string>();

  /** Returns true for a file that was not known. */
  add(file: string, generation: number): boolean {
    const known = this.#files.get(file);
    if (known) {
      known.generation = Math.max(known.generation, generation);
      return false;
    }
    this.#files.set(file, { generation, fingerprint: { stamp: '' }, isYoung: false });
    const directory = path.dirname(file);
    const names = this.#byDirectory.get(directory) ?? new Set();
    this.#byDirectory.set(directory, names.add(file));
    return true;
  }

  know(file: string, fingerprint: Fingerprint, isYoung = false): void {
    const entry = this.#files.get(file);
    if (!entry) return;
    Object.assign(entry, { fingerprint, isYoung });
    this.#unread.add(file);
  }

  fingerprintOf(file: string): Fingerprint | undefined {
    return this.#files.get(file)?.fingerprint;
  }

  isYoung(file: string): boolean {
    return this.#files.get(file)?.isYoung === true;
  }

  /** Returns a file whose content has not been asked for, once. */
  nextUnread(): { path: string; fingerprint: Fingerprint } | undefined {
    for (const file of this.#unread) {
      this.#unread.delete(file);
      const fingerprint = this.fingerprintOf(file);
      if (fingerprint) return { path: file, fingerprint };
    }
    return undefined;
  }

  /** The files in a directory, without those of directories below it. */
  in(directory: string): readonly string[] {
    return [...(this.#byDirectory.get(directory) ?? [])];
  }

  get directories(): ReadonlySet<string> {
    return new Set(this.#byDirectory.keys());
  }

  /** Forgets the files that no generation from this one on needs. */
  forgetBefore(generation: number): void {
    this.#forget((entry) => entry.generation < generation);
  }

  /** Forgets the files that this generation needs, or a later one. */
  forgetFrom(generation: number): void {
    this.#forget((entry) => entry.generation >= generation);
  }

  #forget(isOver: (entry: Entry) => boolean): void {
    for (const [file, entry] of this.#files) {
      if (!isOver(entry)) continue;
      this.#files.delete(file);
      const directory = path.dirname(file);
      const names = this.#byDirectory.get(directory);
      names?.delete(file);
      if (names?.size === 0) this.#byDirectory.delete(directory);
    }
  }
}
