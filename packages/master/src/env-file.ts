/**
 * Files of variables for the workers: read when a release is made, so that a worker that comes back after
 * a crash has the environment of its release, whatever the file says by then.
 */
import fs from 'node:fs';
import { parseEnv } from 'node:util';
import type { Variables } from '@tshorn/config';
import { TshornError } from '@tshorn/core';

/** MAX_ARG_STRLEN of Linux, the terminating zero included: execve(2) refuses a longer `NAME=value`. */
const LONGEST_BYTES = 128 * 1024;

/**
 * The variables of all files in Node's dotenv syntax; a later file wins over an earlier one, as with
 * `node --env-file` (https://nodejs.org/api/cli.html#--env-filefile).
 * @throws TshornError ERR_ENV_FILE naming the file that is missing or cannot be read, or the line that no process
 * could be given
 */
export const readEnvFiles = (files: readonly string[]): Variables =>
  Object.assign({}, ...files.map((file) => parse(file, read(file)))) as Variables;

function parse(file: string, text: string): Variables {
  const { stray, assigned } = scan(text);
  if (stray !== undefined) {
    throw wrongLine(
      file,
      stray,
      'is no NAME=value',
      'write NAME=value, or begin the line with # for a comment',
    );
  }
  // A process that is given one does not start, and the reason would be looked for in the app.
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    const line = text.slice(0, nul).split('\n').length;
    throw wrongLine(
      file,
      line,
      'has a NUL character',
      'a variable is text; keep binary data in a file, or encode it',
    );
  }
  const variables = parseEnv(text) as Variables;
  for (const [name, value] of Object.entries(variables)) {
    const bytes = Buffer.byteLength(`${name}=${value}`) + 1;
    if (process.platform !== 'linux' || bytes <= LONGEST_BYTES) continue;
    const why = `gives ${name} ${bytes} bytes, and Linux allows ${LONGEST_BYTES} (128 KiB) for one variable`;
    throw wrongLine(
      file,
      assigned.get(name) ?? 1,
      why,
      'keep the value in a file, and its path in the variable',
    );
  }
  return variables;
}

/** The line itself is not shown: it may hold a secret. */
const wrongLine = (file: string, line: number, why: string, fix: string) =>
  new TshornError('ERR_ENV_FILE', `--environment-file ${file}: line ${line} ${why}`, { fix });

/**
 * Returns the number of the first line that Node would ignore without a word, and of the line that assigns each
 * variable last. A quoted value may have several lines.
 */
function scan(text: string): { stray?: number; assigned: Map<string, number> } {
  const assigned = new Map<string, number>();
  const lines = text.split('\n');
  let quote = '';
  for (const [at, line] of lines.entries()) {
    if (quote) {
      if (line.includes(quote)) quote = '';
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([^=#]+?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return { stray: at + 1, assigned };
    assigned.set(name, at + 1);
    const [, opened = '', rest = ''] = /^(["'`])(.*)$/.exec(value) ?? [];
    const isClosedLater = () => lines.slice(at + 1).some((later) => later.includes(opened));
    if (opened && !rest.includes(opened) && isClosedLater()) quote = opened;
  }
  return { assigned };
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
