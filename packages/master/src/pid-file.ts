/**
 * The file with the pid of the active master. A rename replaces it, so that a reader finds one whole pid at every
 * moment, also during a re-exec. tshorn/src/commands/control/find.ts reads it.
 */
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemReason, TshornError } from '@tshorn/core';
import type { Logger } from './log.ts';
import { isAlive, startTimeOf, wordsOf } from './os/proc.ts';
import { temporaryName } from './private-directory.ts';

/** The start of a process is known to the second, the time of a file more exactly. */
const SAME_MOMENT_MS = 2_000;

export class PidFile {
  readonly path: string;
  readonly #log: Logger;
  /** Two masters of one program may share a pid, but not the file. */
  #isWritten = false;

  constructor(path: string, log: Logger) {
    this.path = path;
    this.#log = log;
  }

  /**
   * Checks that this master may write the file; called before anything is bound.
   * @param oldMaster pid of the master that hands over to this one
   * @throws TshornError ERR_PID_FILE when it names a live master, or is no PID file
   */
  check(oldMaster?: number): void {
    const text = this.#read();
    // An empty file names nobody: `touch` makes it, or a full disk.
    if (text === undefined || text === '') return;
    if (!/^[1-9]\d{0,9}$/.test(text)) {
      throw new TshornError('ERR_PID_FILE', `--pid-file: ${this.path} exists and holds no pid`, {
        fix: 'choose another path, or remove the file if nobody needs it',
      });
    }
    const pid = Number(text);
    // A container that starts again gives the same pid again.
    if (pid === process.pid || pid === oldMaster) return;
    const stale = this.#whyStale(pid);
    if (stale === undefined) {
      throw new TshornError('ERR_PID_FILE', `--pid-file: ${this.path} names a live master, pid ${pid}`, {
        fix: `stop that one (tshorn stop ${pid}), or choose another path`,
      });
    }
    this.#log.info({ event: 'stale-pid-file', path: this.path }, `${this.path} is overwritten: ${stale}`);
  }

  /** Why the pid cannot be that of a live master; undefined when it may be. */
  #whyStale(pid: number): string | undefined {
    if (!isAlive(pid)) return `its pid ${pid} does not exist`;
    const words = wordsOf(pid);
    // Without /proc, nothing more is known of it.
    if (!words) return undefined;
    // A number that has been given again, after a reboot perhaps.
    const writtenAt = fs.statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const again = (startTimeOf(pid) ?? 0) > writtenAt + SAME_MOMENT_MS;
    return again || !looksLikeMaster(words) ? `its pid ${pid} is another program's now` : undefined;
  }

  /** Makes the file name this master. @throws TshornError ERR_PID_FILE when it cannot be written */
  write(): void {
    // In the same directory, since a rename stays within one file system.
    const next = join(dirname(this.path), temporaryName());
    let isOurs = false;
    try {
      // `wx` follows no link that another user has put there.
      const file = fs.openSync(next, 'wx', 0o644);
      isOurs = true;
      try {
        fs.writeSync(file, `${process.pid}\n`);
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(next, this.path);
      this.#isWritten = true;
    } catch (error) {
      if (isOurs) fs.rmSync(next, { force: true });
      const why = `--pid-file: cannot write ${this.path}: ${systemReason(error)}`;
      throw new TshornError('ERR_PID_FILE', why, {
        fix: 'choose a file in a directory that exists and that this user may write to',
      });
    }
  }

  /** Removes the file if this master has written it, and it names no other one meanwhile. */
  remove(): void {
    if (!this.#isWritten) return;
    this.#isWritten = false;
    try {
      if (this.#read() === String(process.pid)) fs.rmSync(this.path, { force: true });
    } catch (error) {
      this.#log.warn(`--pid-file: cannot remove ${this.path}: ${systemReason(error)}`);
    }
  }

  #read(): string | undefined {
    try {
      return fs.readFileSync(this.path, 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new TshornError('ERR_PID_FILE', `--pid-file: cannot read ${this.path}: ${systemReason(error)}`, {
        fix: 'choose a file that this user may read and write',
      });
    }
  }
}

/** The master of the command line has tshorn in its words; the one of a program that calls start() runs this script. */
const looksLikeMaster = (words: readonly string[]): boolean =>
  words.some((word) => /tshorn/i.test(word) || basename(word) === basename(process.argv[1] ?? ''));
