/**
 * The patterns of `--watch-path` and `--watch-ignore`: `*`, `?`, `[abc]`, `{a,b}`, and `**` for any number of
 * directories; a backslash takes the next character as it is. path.matchesGlob() of Node prints a warning before Node 24 and is not in each Node 20. Pure.
 */
import path from 'node:path';

export interface Glob {
  /** The deepest directory that holds every match, or the path itself where the pattern is a plain one. */
  readonly base: string;
  /** True for a plain path: it means a file, or a directory with everything in it. */
  readonly isPlain: boolean;
  matches(file: string): boolean;
  /** True for a directory in which a match may be. */
  mayHold(directory: string): boolean;
}

const MAGIC = /(?<!\\)[*?[{]/;

/** Not matched by `*` and its kin: hidden files, and those that a pattern has to name to mean them. */
const NO_DOT = '(?!\\.)';

/** @param pattern an absolute one */
export function parseGlob(pattern: string): Glob {
  const parts = pattern.split('/').slice(1);
  const at = parts.findIndex((part) => MAGIC.test(part));
  if (at === -1) {
    const base = unescaped(pattern);
    const inside = `${base}/`;
    return {
      base,
      isPlain: true,
      matches: (file) => file === base || (file.startsWith(inside) && !isHiddenIn(inside, file)),
      mayHold: (directory) =>
        directory === base || (directory.startsWith(inside) && !isHiddenIn(inside, directory)),
    };
  }
  const base = unescaped(`/${parts.slice(0, at).join('/')}`);
  const rest = parts.slice(at);
  const whole = new RegExp(`^${toExpression(rest)}$`);
  // Every prefix of a match, up to the first `**`, behind which any directory may hold one.
  const anyDepth = rest.indexOf('**');
  const prefixes = rest
    .slice(0, anyDepth === -1 ? rest.length - 1 : anyDepth + 1)
    .map((_, index) => new RegExp(`^${toExpression(rest.slice(0, index + 1), 'directory')}$`));
  const inBase = (file: string) => (file === base ? '' : file.slice(base === '/' ? 1 : base.length + 1));
  const isBelow = (file: string) => file === base || file.startsWith(base === '/' ? '/' : `${base}/`);
  return {
    base,
    isPlain: false,
    matches: (file) => isBelow(file) && whole.test(inBase(file)),
    mayHold: (directory) =>
      directory === base || (isBelow(directory) && prefixes.some((prefix) => prefix.test(inBase(directory)))),
  };
}

const unescaped = (pattern: string): string => pattern.replace(/\\(.)/gs, '$1');

/** `.git`, `.cache` and the like, and `node_modules`: everything in a directory does not mean these. */
const isHiddenIn = (base: string, file: string): boolean =>
  file
    .slice(base.length)
    .split(path.sep)
    .some((part) => part.startsWith('.') || part === 'node_modules');

/** Neither `.git` nor `node_modules`. */
const ANY_DIRECTORY = `${NO_DOT}(?!node_modules(?:/|$))[^/]+`;

function toExpression(parts: readonly string[], kind: 'file' | 'directory' = 'file'): string {
  const pieces = parts.map((part, at) => {
    const isLast = at === parts.length - 1;
    if (part !== '**') return `${translate(part)}${isLast ? '' : '/'}`;
    if (!isLast) return `(?:${ANY_DIRECTORY}/)*`;
    return kind === 'file'
      ? `(?:${ANY_DIRECTORY}/)*${NO_DOT}[^/]+`
      : `(?:${ANY_DIRECTORY}/)*${ANY_DIRECTORY}`;
  });
  return pieces.join('');
}

/** One part between two slashes. */
function translate(part: string): string {
  let depth = 0;
  const dot = /^[*?[]/.test(part) ? NO_DOT : '';
  const pieces = part.match(/\[[^\]]+\]|\\?[\s\S]/g) ?? [];
  return (
    dot +
    pieces
      .map((piece) => {
        if (piece.length > 1 && piece.startsWith('[')) return translateClass(piece);
        if (piece === '*') return '[^/]*';
        if (piece === '?') return '[^/]';
        if (piece === '{' && part.includes('}')) {
          depth++;
          return '(?:';
        }
        if (piece === '}' && depth > 0) {
          depth--;
          return ')';
        }
        if (piece === ',' && depth > 0) return '|';
        return literal(piece.replace(/^\\/, ''));
      })
      .join('') +
    ')'.repeat(depth)
  );
}

/** `[a-z]` or `[!a]`, which never means a slash; a range that is none, such as `[z-a]`, means its own text. */
function translateClass(piece: string): string {
  const characters = piece.slice(1, -1).replaceAll('\\', '\\\\');
  const expression = /^[!^]/.test(characters) ? `[^/${characters.slice(1)}]` : `[${characters}]`;
  try {
    new RegExp(expression);
    return expression;
  } catch {
    return literal(piece);
  }
}

const literal = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/**
 * Returns the test of `--watch-ignore`. A pattern with a slash is an absolute path; one without is the name of a file
 * or directory anywhere. What is in an ignored directory is ignored.
 */
export function ignoring(patterns: readonly string[]): (file: string) => boolean {
  const names = patterns
    .filter((pattern) => !pattern.includes('/'))
    .map((name) => new RegExp(`^${translate(name)}$`));
  const paths = patterns.filter((pattern) => pattern.includes('/')).map(parseGlob);
  return (file) => {
    const parts = file.split('/').slice(1);
    if (parts.some((part) => names.some((name) => name.test(part)))) return true;
    return paths.some((glob) => parts.some((_, at) => glob.matches(`/${parts.slice(0, at + 1).join('/')}`)));
  };
}
