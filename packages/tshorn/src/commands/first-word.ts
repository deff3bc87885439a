/** A first word of the command line that is neither a command nor an app. */
import { didYouMean } from '@tshorn/config';
import { resolveApp, TshornError } from '@tshorn/core';
import { COMMANDS, isCommand } from './names.ts';

/**
 * `tshorn chek app.js`, `tshorn start app.js`: the app is the second word. Two words in front are an error in any case,
 * so a line that can be served costs nothing here.
 * @throws TshornError ERR_OPTION where the first word cannot be found and the second one can
 */
export function refuseStrayWord([word, app]: readonly string[], directory: () => string): void {
  if (!isPlain(word) || !isPlain(app)) return;
  const cwd = directory();
  if (isFound(word, cwd) || !isFound(app, cwd)) return;
  const near = nearCommand(word);
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

/** A command that is misspelt is taken for an app, and is not found. */
export function meant(error: unknown, [word = '']: readonly string[]): unknown {
  if (!(error instanceof TshornError) || error.code !== 'ERR_APP_MISSING' || isCommand(word)) return error;
  const { code, message, fix } = error;
  return new TshornError(code, message + nearCommand(word), {
    ...(fix !== undefined && { fix }),
    cause: error,
  });
}
