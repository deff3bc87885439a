import fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemReason, TshornError } from '@tshorn/core';
import { shellWord } from './shell-word.ts';

export interface MadeFile {
  /** Without a directory. */
  readonly name: string;
  readonly text: string;
  /** Stands beside the others, and is left out where they are printed. */
  readonly isExtra?: true;
}

/** The result of a command that makes files. */
export interface Made {
  readonly files: readonly MadeFile[];
  /** The lines to type when the files are in their places. */
  readonly next: readonly string[];
  /** Likely mistakes, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Writes files into a directory, all or none, and never over a file that differs.
 * @returns their paths
 * @throws TshornError ERR_OPTION where one exists or cannot be written
 */
export function writeFiles(files: readonly MadeFile[], directory: string, cwd: string): string[] {
  const all = files.map(({ name, text }) => ({ path: join(resolve(cwd, directory), name), text }));
  const other = all.find(({ path, text }) => fs.existsSync(path) && fs.readFileSync(path, 'utf8') !== text);
  if (other) {
    throw new TshornError('ERR_OPTION', `${other.path} exists and is not overwritten`, {
      fix: 'compare it with what is printed without --write, and move it away or edit it',
    });
  }
  for (const { path, text } of all) {
    try {
      // Exclusive: the file may have appeared since the look, or be a link to somewhere else.
      if (!fs.existsSync(path)) fs.writeFileSync(path, text, { flag: 'wx' });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') {
        throw new TshornError('ERR_OPTION', `cannot write ${path}: ${systemReason(error)}`);
      }
      throw new TshornError('ERR_OPTION', `cannot write ${path}: there is no directory ${dirname(path)}`, {
        fix: `make it: mkdir -p ${shellWord(dirname(path))}`,
      });
    }
  }
  return all.map(({ path }) => path);
}
