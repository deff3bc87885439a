/**
 * The format of a line of the access log. Both ends: config/src/sections/access-log.ts checks what is given, and
 * worker/src/access-log/template.ts makes lines of it. Its atoms are those of Gunicorn
 * (https://docs.gunicorn.org/en/stable/settings.html#access-log-format), and `%({name}x)s` for the fields of our own.
 */
import { TshornError } from './errors.ts';

/** Formats that have a name. */
export const ACCESS_TEMPLATES = {
  common: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s',
  combined: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
} as const;

/** Atoms of one letter, with their meaning for the docs. */
export const ATOMS = {
  h: 'address of the client',
  l: '`-`',
  u: "user name of the request's Basic authentication",
  t: 'time of the end of the request, as in `[29/Nov/2026:02:57:00 +0000]`',
  r: 'request line: method, target, protocol',
  m: 'method',
  U: 'path, without the query',
  q: 'query, without the question mark',
  H: 'protocol, as in `HTTP/1.1`',
  s: 'status',
  B: 'bytes of the body',
  b: 'bytes of the body; `-` for none',
  f: 'referer',
  a: 'user agent',
  T: 'duration in whole seconds',
  D: 'duration in microseconds',
  M: 'duration in milliseconds',
  L: 'duration in seconds, with six decimals',
  p: 'process of the worker, as in `<4711>`',
} as const;

/** Fields of the JSON format, as atoms: `%({slot}x)s`. */
export const ACCESS_FIELDS = [
  'time',
  'slot',
  'generation',
  'release',
  'pid',
  'id',
  'trace',
  'client',
  'method',
  'target',
  'protocol',
  'status',
  'bytes',
  'durationMs',
  'firstByteMs',
  'userAgent',
  'referer',
  'moved',
  'closed',
] as const;

export type AtomLetter = keyof typeof ATOMS;
export type AccessField = (typeof ACCESS_FIELDS)[number];

/** A piece of a template: text as it is, or an atom. */
export type Piece =
  | string
  | { readonly atom: AtomLetter }
  /** A header of the request or the response, in lower case, or an environment variable. */
  | { readonly atom: 'i' | 'o' | 'e'; readonly name: string }
  | { readonly atom: 'x'; readonly name: AccessField };

/** Words that people write for an atom. */
const MEANT: Readonly<Record<string, string>> = {
  host: 'h',
  ip: 'h',
  address: 'h',
  user: 'u',
  date: 't',
  request: 'r',
  url: 'U',
  uri: 'U',
  path: 'U',
  query: 'q',
  length: 'B',
  size: 'B',
  ua: 'a',
  agent: 'a',
  duration: 'L',
};

/** `%(r)s`, `%({name}i)s`, `%%`; the last branch is what is none of these. */
const PART = /%%|%\((\{[^{}]*\})?([^(){}\s]*)\)s|%\([^)\s]*\)?.?|%.?/g;

/**
 * @returns the pieces of a template
 * @throws TshornError ERR_OPTION that names the first part that is no atom, and those that are near
 */
export function parseAccessFormat(template: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of template.matchAll(PART)) {
    const [part, braces, letter = ''] = match;
    if (match.index > from) pieces.push(template.slice(from, match.index));
    from = match.index + part.length;
    pieces.push(part === '%%' ? '%' : pieceOf(part, braces?.slice(1, -1), letter));
  }
  if (from < template.length) pieces.push(template.slice(from));
  return pieces;
}

function pieceOf(part: string, name: string | undefined, letter: string): Piece {
  if (name === undefined && Object.hasOwn(ATOMS, letter)) return { atom: letter as AtomLetter };
  if (name && (letter === 'i' || letter === 'o')) return { atom: letter, name: name.toLowerCase() };
  if (name && letter === 'e') return { atom: letter, name };
  if (letter === 'x' && (ACCESS_FIELDS as readonly string[]).includes(name ?? '')) {
    return { atom: 'x', name: name as AccessField };
  }
  throw new TshornError(
    'ERR_OPTION',
    `the format has ${JSON.stringify(part)}, which is no atom; ${near(part, name, letter)}`,
    {
      fix: 'docs/access-log.md lists all atoms; a percent sign is written %%',
    },
  );
}

function near(part: string, name: string | undefined, letter: string): string {
  const word = (name ?? letter) || /[\w-]+/.exec(part)?.[0] || '';
  const small = word.toLowerCase();
  const letters = Object.keys(ATOMS)
    .filter((atom) => atom.toLowerCase() === small)
    .map(plain);
  const fields = ACCESS_FIELDS.filter((field) => isNear(field.toLowerCase(), small)).map(field);
  const meant = MEANT[small] ? [plain(MEANT[small])] : [];
  const headers = word.includes('-') ? [`%({${small}}i)s`] : [];
  const found = [...new Set([...letters, ...meant, ...fields, ...headers])];
  if (found.length > 0) return `did you mean ${found.join(' or ')}?`;
  return `atoms are %(X)s with X one of ${Object.keys(ATOMS).join(' ')}, and %({header}i)s, %({header}o)s, %({VARIABLE}e)s, %({field}x)s`;
}

const plain = (letter: string) => `%(${letter})s`;
const field = (name: string) => `%({${name}}x)s`;

const isNear = (field: string, word: string): boolean =>
  word.length > 1 &&
  (field === word || (word.length > 2 && (field.startsWith(word) || word.startsWith(field))));
