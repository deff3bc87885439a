/** The kinds of options that hold paths of files and directories. */
import { type Kind, NONE, text, WrongValue } from './kinds.ts';

/** A text that names a file or a directory. */
export const path = (meta: string, expected: string): Kind<string> => ({
  ...text(meta, expected),
  path: true,
});

/** Paths of files, as written; resolveConfig makes them absolute. */
export const files: Kind<readonly string[]> = {
  meta: 'FILE',
  path: true,
  input: 'string | readonly string[]',
  expected: 'the path of a file',
  parse(input) {
    const items: unknown[] = Array.isArray(input) ? input : [input];
    const isPath = (item: unknown) => typeof item === 'string' && !item.includes('\0');
    if (!items.every(isPath)) throw new WrongValue();
    return (items as string[]).filter((item) => item !== '');
  },
  format: (value) => (value.length === 0 ? NONE : value.join(', ')),
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  list: true,
  none: true,
};

/**
 * Files whose absence changes a lot: an empty name is most often a shell variable that is not set, and no wish to have none.
 */
export const namedFiles: Kind<readonly string[]> = {
  meta: files.meta,
  path: true,
  input: files.input,
  expected: files.expected,
  parse(input) {
    const items = [input].flat();
    if (items.includes('')) throw new WrongValue();
    return files.parse(items);
  },
  format: files.format,
  schema: {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 } },
    ],
  },
  list: true,
};

/** Patterns for paths, as written; resolveConfig makes those with a slash absolute. */
export const globs: Kind<readonly string[]> = {
  ...files,
  meta: 'GLOB',
  expected: 'the path of a file or directory, or a pattern such as "views/**/*.html"',
  // A pattern may hold commas, in braces.
  separator: ':',
};
