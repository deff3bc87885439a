/** The command line that a re-exec repeats. Its names are looked up anew: a link may have moved, Node been upgraded. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { wordsOf } from '../os/proc.ts';

export interface Command {
  /** The name by which Node was called: `node`, `/opt/node/bin/node`. */
  readonly program: string;
  /** Absolute path; symbolic links are not resolved. */
  readonly script: string;
  readonly args: readonly string[];
  /** Node's own flags. */
  readonly flags: readonly string[];
  /** The directory of the start, by its name in the shell. */
  readonly cwd: string;
  /** Variables of the environment that the new master gets in place of those of this one. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/**
 * Returns the command line of this process. Called at the start, while the name of the directory still leads to it.
 * @param cwd the directory as the shell names it: for a start in `current`, the kernel has `releases/41`
 */
export function ownCommand(cwd: string): Command {
  const [, script = '', ...args] = process.argv;
  // process.argv has the path below the kernel's name of the directory; the kernel has the word as it was typed.
  const word = wordsOf('self')?.[1 + process.execArgv.length];
  const named = word !== undefined && resolve(word) === script ? resolve(cwd, word) : script;
  return { program: process.argv0, script: named, args, flags: process.execArgv, cwd };
}

/** Returns the program to run, or the reason why the command cannot be repeated. */
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
  // A process may have any name (`exec -a`); then the file that runs now is started again.
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
