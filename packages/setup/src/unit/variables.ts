/** The environment variables that a file reads, by its text. */

/** `process.env.NAME` and `process.env['NAME']`, and what follows. */
const MEMBER = /\bprocess\.env(?:\??\.([A-Z_a-z]\w*)|\[\s*(['"`])([A-Z_a-z]\w*)\2\s*\])\s*(\S{0,3})/g;
/** `const { A, B: b, C = 'x' } = process.env` */
const DESTRUCTURED = /\{([^{}]*)\}\s*=\s*process\.env\b/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
/** The file has a value of its own, compares, or writes the variable. */
const OPTIONAL = /^(\?|\|\||&&|[=!]==?|=(?!=))/;

/** Set by systemd or by a shell, or understood by tshorn, Node and npm. */
const PROVIDED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|PWD|TMPDIR|TERM|CI|PORT|HOST|DEBUG|NODE_\w+|npm_\w+|TSHORN_\w+|LISTEN_\w+|NOTIFY_SOCKET|INVOCATION_ID|JOURNAL_STREAM|FORCE_COLOR|NO_COLOR|XDG_\w+)$/;

/** Pure. Returns the names of those that the file does not do without, in their order. */
export function variablesRead(text: string): string[] {
  const code = text.replace(COMMENT, '');
  const needed = new Set<string>();
  const optional = new Set<string>();
  for (const [, name, , quoted, next = ''] of code.matchAll(MEMBER)) {
    (OPTIONAL.test(next) ? optional : needed).add((name ?? quoted) as string);
  }
  for (const [, list = ''] of code.matchAll(DESTRUCTURED)) {
    for (const part of list.split(',')) {
      const [, name, rest = ''] = /^\s*([A-Z_a-z]\w*)\s*(?::\s*\w+\s*)?(=?)/.exec(part) ?? [];
      if (name !== undefined) (rest === '' ? needed : optional).add(name);
    }
  }
  return [...needed].filter((name) => !optional.has(name) && !PROVIDED.test(name));
}
