/**
 * Values as systemd reads them: systemd.syntax(7) and "COMMAND LINES" in systemd.service(5). Pure.
 * - `%` begins a specifier everywhere, and is doubled.
 * - `$` begins a variable in the arguments of a command line, and is doubled there.
 * - Words are separated by white space, and may be quoted; a backslash begins an escape of C.
 */
import { TshornError } from '@tshorn/core';

/** The words of `ExecStart=` and the like. */
export const commandLine = (words: readonly string[]): string =>
  words.map((text, at) => word(at === 0 ? text : text.replaceAll('$', '$$$$'))).join(' ');

/** One assignment of `Environment=`, where `$` has no meaning. */
export const assignment = (name: string, value: string): string => word(`${name}=${value}`);

/** Paths of a list such as `ReadWritePaths=`. */
export const pathList = (paths: readonly string[]): string => paths.map((path) => word(path)).join(' ');

/**
 * A value that is the rest of its line, such as `WorkingDirectory=`. systemd reads no quotes there, strips white space
 * at both ends, and joins a line that ends with a backslash to the next one.
 * @throws TshornError ERR_OPTION where a value cannot be written so
 */
export function restOfLine(setting: string, text: string): string {
  if (!/[\p{Cc}]|^\s|[\s\\]$/u.test(text)) return text.replaceAll('%', '%%');
  throw new TshornError(
    'ERR_OPTION',
    `${setting}= of systemd cannot hold ${JSON.stringify(text)}: it has a control character, or begins or ends with a space, or ends with a backslash`,
    { fix: 'use a path without these characters, such as a symbolic link to it' },
  );
}

/** Characters that have no meaning in any place of a word. */
const PLAIN = /^[\p{L}\p{M}\p{N}\p{S}_./:=,@+%!~^()[\]{}*?&|<>#-]+$/u;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
};

function word(text: string): string {
  const safe = text.replaceAll('%', '%%');
  if (PLAIN.test(safe)) return safe;
  const escaped = safe.replace(
    /["\\\p{Cc}]/gu,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
