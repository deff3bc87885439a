/**
 * Watch mode: knows the files that make up each generation, and asks for a reload when one of them changes. Its
 * workers report what they load; the config file and its kin come with the release. Created by the master.
 */
import path from 'node:path';
import { Deadline } from '@tshorn/core';
import type { Release } from '../release.ts';
import { Directories } from './directories.ts';
import { Endless } from './endless.ts';
import { addHash, hasChanged, isDirectory, modifiedAt, stampOf } from './fingerprint.ts';
import { isInstallMark, namedFiles } from './named-files.ts';
import { describeChange, isWatched, nameIn } from './names.ts';
import { brokenFile } from './reported.ts';
import { WatchedFiles } from './watched-files.ts';
import { type Found, WatchedPaths } from './watched-paths.ts';

export interface WatchEvents {
  /** @param because `changed src/app.js` */
  onChange(because: string): void;
  /** The app seems to write this file at each start. */
  onEndless(name: string): void;
  /** Node has not reported a single file of a worker that serves. */
  onBlind(): void;
  /** A directory is polled, because the system does not watch it. */
  onPolled(directory: string, code: string): void;
}

/** A change is followed by others at once: an editor truncates the file and writes it. */
const QUIET_MS = 30;
/** A program that writes file after file (a formatter, a build, `git checkout`) pauses for longer. By the number of files. */
const QUIET_OF_MANY_MS = [
  [20, 300],
  [3, 100],
] as const;
const LONGEST_MS = 2_000;
/** The generation of a file that a pattern names. */
const FOR_EVER = Number.POSITIVE_INFINITY;
/**
 * The fingerprint of a file that was saved while its worker booted: perhaps after that had read it, and before the
 * master heard of the file.
 */
const UNSURE = 'unsure';
/** A report of the worker may be late by as much. */
const REPORT_MS = 1_000;
/** An editor may remove a file before it writes the new one. */
const GONE_MS = 150;

export class WatchMode {
  readonly #events: WatchEvents;
  /** Directory of tshorn's own files. */
  readonly #own: string;
  readonly #files = new WatchedFiles();
  readonly #directories: Directories;
  /** Files that may have changed, with the time since which they are looked at. */
  readonly #suspects = new Map<string, number>();
  readonly #paths = new WatchedPaths();
  /** Directories in which a file of `--watch-path` may appear. */
  #open = new Set<string>();
  readonly #endless = new Endless();
  /** Files whose reload is held back, until this timer. */
  #held: readonly string[] = [];
  #release: NodeJS.Timeout | undefined;
  #isBooting = false;
  #hasReports = false;
  /** Since then the last worker may have read files, in milliseconds since 1970, as the file system has it. */
  #startedAt = Number.POSITIVE_INFINITY;
  #isWaiting = false;
  #wasUnsure = false;
  #cwd = '/';
  #isClosed = false;
  #timer: Deadline | undefined;
  #hashing: NodeJS.Immediate | undefined;

  constructor(own: string, events: WatchEvents) {
    this.#own = own;
    this.#events = events;
    this.#directories = new Directories({
      onChange: (directory, name) => this.#heard(directory, name),
      onPolled: (directory, code) => events.onPolled(directory, code),
    });
  }

  /** A worker of this release is about to start. */
  expect(generation: number, release: Release): void {
    if (this.#isClosed) return;
    const { watchPath, watchIgnore } = release.config;
    this.#cwd = release.cwd;
    this.#isBooting = true;
    this.#isWaiting = false;
    this.#startedAt = Date.now();
    this.#add(generation, namedFiles(release));
    if (!this.#paths.use(watchPath, watchIgnore)) return;
    this.#files.forgetFrom(FOR_EVER);
    this.#open.clear();
    this.#take(() => this.#paths.find());
  }

  /** A worker waits for a debugger before it loads the app. */
  waits(): void {
    this.#isWaiting = true;
  }

  /** A worker loads these files, or looks for them in vain. */
  loaded(generation: number, files: readonly string[]): void {
    // After a re-exec the workers of the old master still load files.
    if (this.#isClosed) return;
    if (this.#isWaiting) this.#startedAt = Date.now() - REPORT_MS;
    this.#isWaiting = false;
    this.#hasReports ||= files.some((file) => !file.startsWith(this.#own));
    this.#add(
      generation,
      files.filter((file) => isWatched(file, this.#own) && !this.#paths.isIgnored(file)),
    );
  }

  /** A worker has failed to load. @param excerpt of the parser's error */
  broken(generation: number, excerpt: string | undefined): void {
    const file = brokenFile(excerpt);
    if (file !== undefined) this.loaded(generation, [file]);
  }

  /** A worker serves. */
  serves(): void {
    this.#isBooting = false;
    if (!this.#hasReports) this.#events.onBlind();
    this.#hasReports = true;
  }

  /** Files that only older generations have loaded are of no interest any more. */
  committed(generation: number): void {
    this.#files.forgetBefore(generation);
    this.#directories.keepOnly([...this.#files.directories, ...this.#open], this.#cwd);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    clearTimeout(this.#release);
    clearImmediate(this.#hashing);
    this.#directories.close();
  }

  #add(generation: number, files: readonly string[]): void {
    for (const file of files) {
      if (!this.#files.add(file, generation)) continue;
      this.#directories.add(path.dirname(file), this.#cwd);
      // After the directory: a change in between is heard, and this stamp is of before or after it.
      const stamp = stampOf(file);
      const isYoung = generation !== FOR_EVER && modifiedAt(file) > this.#startedAt;
      this.#files.know(file, { stamp: isYoung ? UNSURE : stamp }, isYoung);
      if (isYoung) this.#suspect([file], GONE_MS);
    }
    this.#hashing ??= setImmediate(() => this.#hash());
  }

  /** One file a turn: the master has other things to do. */
  #hash(): void {
    this.#hashing = undefined;
    const next = this.#files.nextUnread();
    if (!next) return;
    addHash(next.path, next.fingerprint);
    this.#hashing = setImmediate(() => this.#hash());
  }

  /** Files and directories of `--watch-path`, which no worker reports. Returns the files that were not known. */
  #take(find: () => Found): readonly string[] {
    const { files, directories } = find();
    const unwatched = directories.filter((directory) => !this.#open.has(directory));
    for (const directory of unwatched) {
      this.#open.add(directory);
      this.#directories.add(directory, this.#cwd);
    }
    // A file may have come into a directory after the look, and before the watch.
    if (unwatched.length > 0) return this.#take(find);
    const unknown = files.filter((file) => !this.#files.fingerprintOf(file));
    this.#add(FOR_EVER, files);
    return unknown;
  }

  /** Something may have appeared that `--watch-path` names. Returns the new files. */
  #appeared(directory: string, name: string | undefined): readonly string[] {
    if (!this.#open.has(directory)) return [];
    const at = name === undefined ? directory : path.join(directory, name);
    const file = { files: this.#paths.matches(at) ? [at] : [], directories: [] };
    const files = this.#take(() => (isDirectory(at) ? this.#paths.findIn(at) : file));
    // A file that has just appeared differs from nothing.
    for (const file of files) this.#files.know(file, { stamp: '' });
    return files;
  }

  #heard(directory: string, name: string | undefined): void {
    const file = name === undefined ? undefined : path.join(directory, name);
    const isKnown = file !== undefined && this.#files.fingerprintOf(file) !== undefined;
    const known = file === undefined ? this.#touchedIn(directory) : isKnown ? [file] : [];
    const files = isKnown ? known : [...known, ...this.#appeared(directory, name)];
    this.#suspect(files);
  }

  /** A directory that is polled is heard of all the time: files as before would put off the look at those that differ. */
  #touchedIn(directory: string): readonly string[] {
    return this.#files
      .in(directory)
      .filter((file) => stampOf(file) !== this.#files.fingerprintOf(file)?.stamp);
  }

  #suspect(files: readonly string[], least = 0): void {
    if (files.length === 0) return;
    const now = performance.now();
    for (const each of files) if (!this.#suspects.has(each)) this.#suspects.set(each, now);
    // The oldest one.
    const [since = now] = this.#suspects.values();
    const [, quiet = QUIET_MS] = QUIET_OF_MANY_MS.find(([count]) => this.#suspects.size >= count) ?? [];
    this.#lookIn(Math.max(0, Math.min(Math.max(least, quiet), since + LONGEST_MS - now)));
  }

  #lookIn(ms: number): void {
    this.#timer?.clear();
    // The other events of a burst may be there already.
    this.#timer = new Deadline(ms, () => this.#look()).unref();
  }

  #look(): void {
    const now = performance.now();
    const changed: string[] = [];
    let unsure = 0;
    for (const [file, since] of this.#suspects) {
      const fingerprint = this.#files.fingerprintOf(file);
      const mayComeBack = fingerprint?.stamp !== '' && stampOf(file) === '' && now - since < GONE_MS;
      if (fingerprint && mayComeBack) continue;
      this.#suspects.delete(file);
      const isUnsure = fingerprint?.stamp === UNSURE;
      const isMark = isInstallMark(file);
      // An installation that writes the same may have brought packages back.
      if (isMark) delete fingerprint?.hash;
      if (!fingerprint || !hasChanged(file, fingerprint)) continue;
      // `npm ci` removes everything first.
      if (isMark && fingerprint.stamp === '') continue;
      // A path that `--watch-path` names may become a directory.
      if (isDirectory(file)) this.#take(() => this.#paths.findIn(file));
      // A file that the app has written, loaded and removed, as bundlers do with their configuration.
      if (fingerprint.stamp === '' && this.#files.isYoung(file)) continue;
      changed.push(file);
      if (isUnsure) unsure++;
    }
    if (this.#suspects.size > 0) this.#lookIn(GONE_MS);
    if (changed.length === 0) return;
    // The app may write such a file at each start: twice in a row it is no save.
    const isUnsure = unsure === changed.length;
    if (isUnsure && this.#wasUnsure) return;
    this.#wasUnsure = isUnsure;
    this.#changed(changed, now);
  }

  #changed(files: readonly string[], now: number): void {
    clearTimeout(this.#release);
    const all = [...new Set([...this.#held, ...files])];
    const ms = this.#endless.changed(files, this.#isBooting, now);
    this.#held = ms > 0 ? all : [];
    if (ms === 0) return this.#events.onChange(describeChange(all, this.#cwd));
    this.#release = setTimeout(() => {
      this.#held = [];
      if (this.#endless.released()) this.#events.onEndless(nameIn(this.#cwd, all[0] ?? ''));
      this.#events.onChange(describeChange(all, this.#cwd));
    }, ms).unref();
  }
}
