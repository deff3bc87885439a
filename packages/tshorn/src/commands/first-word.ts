/** A first word of the command line that is neither a command nor an app. */
import fs from 'node:fs';
import path from 'node:path';
import { didYouMean, nearest, readCommandLine } from '@tshorn/config';
import { commandNames, resolveApp, TshornError } from '@tshorn/core';
import { COMMANDS, FOREIGN, FOREIGN_UNLESS_APP, type ForeignName, isCommand } from './names.ts';

/**
 * `tshorn chek app.js`, `tshorn start app.js`: the app is the second word. Two words in front are an error in any case,
 * so a line that can be served costs nothing here.
 * @throws TshornError ERR_OPTION where the first word cannot be found and the second one can
 */
export function refuseStrayWord([word, app]: readonly string[], directory: () => string): void {
  if (!isPlain(word) || !isPlain(app)) return;
  const cwd = directory();
  if (isFound(word, cwd) || !isFound(app, cwd)) return;
  // A command of another tool is no misspelling of one of ours.
  const near = (FOREIGN_UNLESS_APP as readonly string[]).includes(word) ? '' : nearCommand(word);
  throw new TshornError('ERR_OPTION', `"${word}": no command and no app${near}`, {
    fix: `type: tshorn ${near.includes(' check') ? 'check ' : ''}${app}`,
  });
}

const isPlain = (word: string | undefined): word is string => word !== undefined && !word.startsWith('-');

function isFound(app: string, cwd: string): boolean {
  try {
    return resolveApp(app, cwd) !== undefined;
  } catch {
    return false;
  }
}

/** `; did you mean tshorn check?`, or nothing. */
const nearCommand = (word: string): string => didYouMean(word, COMMANDS).replace('mean ', 'mean tshorn ');

/**
 * Adds to the error for an app that is not found what was probably meant: a command of tshorn, a command of a package,
 * or a file.
 */
export async function meant(
  error: unknown,
  argv: readonly string[],
  directory: () => string,
): Promise<unknown> {
  if (isForeignWord(error, argv, directory)) {
    return (await import('./foreign.ts')).foreignError(argv[0] as ForeignName, argv.slice(1));
  }
  if (!(error instanceof TshornError) || error.code !== 'ERR_APP_MISSING' || isCommand(argv[0])) return error;
  const cwd = directory();
  const app = readCommandLine(argv, cwd).given.find(({ key }) => key === 'app')?.input;
  if (typeof app !== 'string') return error;
  const commands = argv[0] === app ? [...COMMANDS, ...FOREIGN.filter(({ length }) => length > 3)] : [];
  const found = nearest(app, [...commands, ...commandNames(cwd), ...filesBeside(app, cwd)]);
  if (found === undefined) return error;
  const name = (commands as readonly string[]).includes(found) ? `tshorn ${found}` : found;
  return new TshornError(error.code, `${error.message}; did you mean ${name}?`, {
    fix: `type: ${['tshorn', ...argv.map((word) => (word === app ? found : word))].join(' ')}`,
    cause: error,
  });
}

/** `tshorn deploy production`, where neither is an app. */
function isForeignWord(
  error: unknown,
  [word, next]: readonly string[],
  directory: () => string,
): error is TshornError {
  if (!(error instanceof TshornError) || !['ERR_APP_MISSING', 'ERR_OPTION'].includes(error.code))
    return false;
  if (word === undefined || !(FOREIGN_UNLESS_APP as readonly string[]).includes(word)) return false;
  const cwd = directory();
  return !isFound(word, cwd) && !(isPlain(next) && isFound(next, cwd));
}

function filesBeside(app: string, cwd: string): string[] {
  const directory = path.resolve(cwd, path.dirname(app));
  if (!fs.existsSync(directory)) return [];
  const names = fs.readdirSync(directory, { withFileTypes: true });
  const files = names.filter((entry) => !entry.isDirectory() && /\.[cm]?[jt]s$/.test(entry.name));
  return files.map(({ name }) => (app.startsWith('./') ? `./${name}` : path.join(path.dirname(app), name)));
}
