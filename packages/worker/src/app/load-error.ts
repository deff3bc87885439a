/** Words what went wrong while an app was loaded: where it is in the app's files, without our frames. */
import { extname } from 'node:path';
import { describeThrown, stackOf, TshornError } from '@tshorn/core';
import { appFrames, isForeign, thrownAt } from './app-frames.ts';
import { findSyntaxError } from './find-syntax-error.ts';
import { type Missing, missingModule } from './missing-module.ts';

export async function describeLoadError(error: unknown, file: string): Promise<TshornError> {
  if (error instanceof TshornError) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  if (isTypeScriptRefusal(error, code)) return typescriptError(error, file);
  if (error instanceof SyntaxError && !comesFromRunningCode(error)) return syntaxError(error, file);

  const missing = missingModule(error);
  const where = thrownAt(error) ?? missing?.importedAt ?? file;
  return new TshornError('ERR_APP_THROWS', `app: ${where} threw while it was loaded: ${firstLine(error)}`, {
    detail: appFrames(error),
    ...(missing && { fix: fixOf(missing) }),
    cause: error,
  });
}

const fixOf = ({ isPath }: Missing) =>
  isPath
    ? 'check the path, its extension included'
    : 'check the name, and that its dependencies are installed (npm install)';

/** With the line that follows a colon: transpilers tell the place there. */
function firstLine(error: unknown): string {
  const [first = '', second] = describeThrown(error).split('\n');
  return first.endsWith(':') && second ? `${first} ${second.trim()}` : first;
}

/** Thrown by JSON.parse or new Function() at run time: the app's own frames are in the stack. */
const comesFromRunningCode = (error: SyntaxError) =>
  excerptOf(error) === undefined &&
  stackOf(error)
    .split('\n')
    .some((line) => /^\s+at /.test(line) && !isForeign(line));

async function syntaxError(error: SyntaxError, file: string): Promise<TshornError> {
  // For an ES module Node shows the place only when it dies of the error; it has to be found again.
  const excerpt = excerptOf(error) ?? (await findSyntaxError(file));
  const where = excerpt?.split('\n', 1)[0]?.replace(/^file:\/\//, '') ?? file;
  return new TshornError('ERR_APP_SYNTAX', `app: syntax error at ${where}`, {
    detail: excerpt ?? `${error.name}: ${error.message}`,
    cause: error,
  });
}

/** `file:line`, the line, a caret and the error, which Node puts before the frames where it can. */
export function excerptOf(error: Error): string | undefined {
  const stack = stackOf(error);
  if (!/^(?:file:\/\/)?\/.*:\d+\n/.test(stack)) return undefined;
  return stack.split(/\n\s+at /, 1)[0]!.trimEnd();
}

const isTypeScriptRefusal = (error: unknown, code: unknown): boolean =>
  (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?tsx?"?(?: |$)/.test(describeThrown(error))) ||
  code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' ||
  code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING' ||
  // require() of a .ts file, where Node takes every extension that it does not know for .js.
  (error instanceof SyntaxError && !stripsTypes() && isTypeScript(excerptOf(error)?.split(':')[0] ?? ''));

const isTypeScript = (file: string) => ['.ts', '.mts', '.cts', '.tsx'].includes(extname(file));

/** https://nodejs.org/api/process.html#processfeaturestypescript (22.10 and newer). */
const stripsTypes = (): boolean => Boolean((process.features as { typescript?: unknown }).typescript);

function typescriptError(error: unknown, file: string): TshornError {
  const why = stripsTypes()
    ? firstLine(error)
    : `Node ${process.version} does not run TypeScript as it is started here`;
  return new TshornError('ERR_APP_TYPESCRIPT', `app: cannot load ${file}: ${why}`, {
    fix: stripsTypes()
      ? 'build the app to JavaScript first, or start it with NODE_OPTIONS="--import tsx" (npm install tsx)'
      : 'use Node 22.18 or newer, build the app to JavaScript first, or start it with NODE_OPTIONS="--import tsx" (npm install tsx)',
    ...(error instanceof SyntaxError && { detail: excerptOf(error) ?? error.message }),
    cause: error,
  });
}
