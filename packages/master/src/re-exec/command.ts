/** The command line that a re-exec repeats, and what it finds now: a link may have moved, a Node been upgraded. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { wordsOf } from '../os/proc.ts';

export interface Command {
  /** Node, as it was called: `node`, `/opt/node/bin/node`. */
  readonly program: string;
  /** Absolute; symbolic links as they were named. */
  readonly script: string;
  readonly args: readonly string[];
  /** Node's own flags. */
  readonly flags: readonly string[];
  /** The directory of the start, as it was named. */
  readonly cwd: string;
}

/**
 * To be asked for at the start, while the directory's name still leads to it.
 * @param cwd the directory as the shell names it: with a start in `current`, the kernel says `releases/41`
 */
export function ownCommand(cwd: string): Command {
  const [, script = '', ...args] = process.argv;
  // Node has made the path absolute with the kernel's name of the directory; the word itself is older.
  const word = wordsOf('self')?.[1 + process.execArgv.length];
  const named = word !== undefined && resolve(word) === script ? resolve(cwd, word) : script;
  return { program: process.argv0, script: named, args, flags: process.execArgv, cwd };
}

/** Why it cannot be repeated, or the program to run. */
export function find(
  { program, script, cwd }: Command,
  path: string | undefined,
): { readonly program: string } | { readonly reason: string } {
  if (!existsSync(cwd)) return { reason: `the directory ${cwd} is gone` };
  if (!existsSync(script)) return { reason: `${script} is gone` };
  return { program: findProgram(program, cwd, path) };
}

function findProgram(word: string, cwd: string, path = ''): string {
  const candidates = word.includes('/')
    ? [isAbsolute(word) ? word : resolve(cwd, word)]
    : path.split(delimiter).map((directory) => join(resolve(cwd, directory), word));
  // A process may be called by any name (`exec -a`): then it is the file that runs now.
  return candidates.find(isProgram) ?? process.execPath;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
