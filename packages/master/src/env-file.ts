/**
 * Files of variables for the workers: read when a release is made, so that a worker that comes back after
 * a crash has the environment of its release, whatever the file says by then.
 */
import fs from 'node:fs';
import { parseEnv } from 'node:util';
import { TshornError } from '@tshorn/core';

export type Variables = Readonly<Record<string, string>>;

/**
 * The variables of all files in Node's dotenv syntax; a later file wins over an earlier one, as with
 * `node --env-file` (https://nodejs.org/api/cli.html#--env-filefile).
 * @throws TshornError ERR_ENV_FILE naming the file that is missing or cannot be read, or the line that is none
 */
export const readEnvFiles = (files: readonly string[]): Variables =>
  Object.assign({}, ...files.map((file) => parse(file, read(file)))) as Variables;

function parse(file: string, text: string): Variables {
  const line = strayLine(text);
  if (line === undefined) return parseEnv(text) as Variables;
  // Not shown: it may hold a secret.
  throw new TshornError('ERR_ENV_FILE', `--environment-file ${file}: line ${line} is no NAME=value`, {
    fix: 'write NAME=value, or begin the line with # for a comment',
  });
}

/** Number of the first line that Node would leave out without a word. A quoted value may have several lines. */
function strayLine(text: string): number | undefined {
  let quote = '';
  for (const [at, line] of text.split('\n').entries()) {
    if (quote) {
      if (line.includes(quote)) quote = '';
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, value] = /^[^=#]+=\s*(.*)$/.exec(line) ?? [];
    if (value === undefined) return at + 1;
    const [, opened = '', rest = ''] = /^(["'`])(.*)$/.exec(value) ?? [];
    if (
      opened &&
      !rest.includes(opened) &&
      text
        .split('\n')
        .slice(at + 1)
        .some((later) => later.includes(opened))
    ) {
      quote = opened;
    }
  }
  return undefined;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw refused(file, (error as NodeJS.ErrnoException).code);
  }
}

function refused(file: string, code: string | undefined): TshornError {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TshornError('ERR_ENV_FILE', `--environment-file ${file}: there is no such file`, {
      fix: 'create it, or leave the option out; a relative path starts from the directory of the command or config file',
    });
  }
  if (code === 'EISDIR') {
    return new TshornError(
      'ERR_ENV_FILE',
      `--environment-file ${file}: expected a file, this is a directory`,
    );
  }
  return new TshornError('ERR_ENV_FILE', `--environment-file ${file}: it cannot be read (${code})`, {
    fix: 'let the user who runs tshorn read it',
  });
}
