/**
 * The file that names the master active. It is replaced by a rename: whoever reads it finds one whole pid,
 * also while one master follows another. It is read by tshorn/src/commands/find.ts.
 */
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeThrown, TshornError } from '@tshorn/core';
import type { Logger } from './log.ts';
import { isAlive, startTimeOf, wordsOf } from './os/proc.ts';

/** A clock of whole seconds on one side, and a file system's on the other. */
const SAME_MOMENT_MS = 2_000;

export class PidFile {
  readonly path: string;
  readonly #log: Logger;

  constructor(path: string, log: Logger) {
    this.path = path;
    this.#log = log;
  }

  /**
   * Before anything is bound: whether the file is ours to write.
   * @param predecessor pid of the master that hands over to this one
   * @throws TshornError ERR_PID_FILE when it names a live master, or is no PID file
   */
  check(predecessor?: number): void {
    const text = this.#read();
    // An empty one says nothing: `touch` makes it, or a full disk.
    if (text === undefined || text === '') return;
    if (!/^[1-9]\d{0,9}$/.test(text)) {
      throw new TshornError('ERR_PID_FILE', `--pid-file: ${this.path} exists and holds no pid`, {
        fix: 'choose another path, or remove the file if nobody needs it',
      });
    }
    const pid = Number(text);
    // In a container that starts again, the same number is given again.
    if (pid === process.pid || pid === predecessor) return;
    const stale = this.#whyStale(pid);
    if (stale === undefined) {
      throw new TshornError('ERR_PID_FILE', `--pid-file: ${this.path} names a live master, pid ${pid}`, {
        fix: `stop that one (tshorn stop ${pid}), or choose another path`,
      });
    }
    this.#log.info({ event: 'stale-pid-file', path: this.path }, `${this.path} is overwritten: ${stale}`);
  }

  /** Why the pid is not that of a master any more; undefined where it may be. */
  #whyStale(pid: number): string | undefined {
    if (!isAlive(pid)) return `its pid ${pid} does not exist`;
    const words = wordsOf(pid);
    // Without /proc nothing more can be known.
    if (!words) return undefined;
    // A number that has been given again, after a reboot perhaps.
    const writtenAt = fs.statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const again = (startTimeOf(pid) ?? 0) > writtenAt + SAME_MOMENT_MS;
    return again || !looksLikeMaster(words) ? `its pid ${pid} is another program's now` : undefined;
  }

  /** From now on it names this master. @throws TshornError ERR_PID_FILE when it cannot be written */
  write(): void {
    // Beside it: a rename stays within one file system.
    const next = join(dirname(this.path), `.${basename(this.path)}.${process.pid}`);
    try {
      fs.writeFileSync(next, `${process.pid}\n`, { mode: 0o644 });
      fs.renameSync(next, this.path);
    } catch (error) {
      fs.rmSync(next, { force: true });
      throw new TshornError(
        'ERR_PID_FILE',
        `--pid-file: cannot write ${this.path}: ${describeThrown(error)}`,
        {
          fix: 'choose a file in a directory that exists and that this user may write to',
        },
      );
    }
  }

  /** Removes it, unless it names another master meanwhile. */
  remove(): void {
    try {
      if (this.#read() === String(process.pid)) fs.rmSync(this.path, { force: true });
    } catch (error) {
      this.#log.warn(`--pid-file: cannot remove ${this.path}: ${describeThrown(error)}`);
    }
  }

  #read(): string | undefined {
    try {
      return fs.readFileSync(this.path, 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new TshornError(
        'ERR_PID_FILE',
        `--pid-file: cannot read ${this.path}: ${describeThrown(error)}`,
        {
          fix: 'choose a file that this user may read and write',
        },
      );
    }
  }
}

/** The command line's master has tshorn in its words; that of a program that calls start() runs our own script. */
const looksLikeMaster = (words: readonly string[]): boolean =>
  words.some((word) => /tshorn/i.test(word) || basename(word) === basename(process.argv[1] ?? ''));
