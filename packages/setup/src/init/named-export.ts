/** Reads in the text of a module under which name it exports its app. Pure. */

const NAMES = ['app', 'server', 'handler', 'createApp', 'createServer', 'build'];

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
/** The module is served without a name: its default export, a `fetch` of its own, or what it listens with. */
const SERVES_BY_ITSELF =
  /\bexport\s+default\b|\bas\s+default\b|\bmodule\.exports\s*=\s*[^\s{]|\bexports\.default\s*=|\bexport\s+(?:const|async\s+function|function)\s+fetch\b|\blisten\s*\(|\bserve\s*\(/;

/** @returns undefined where APP needs no `:NAME` */
export function namedExport(source: string): string | undefined {
  const code = source.replace(COMMENT, '');
  if (SERVES_BY_ITSELF.test(code)) return undefined;
  return NAMES.find((name) => exportsName(code, name));
}

const exportsName = (code: string, name: string): boolean =>
  [
    `\\bexport\\s+(?:const|let|var|async\\s+function|function)\\s+${name}\\b`,
    `\\bexport\\s*\\{[^}]*\\b${name}\\s*[,}]`,
    `\\bexports\\.${name}\\s*=`,
    `\\bmodule\\.exports\\s*=\\s*\\{(?:[^}]*[{,\\s])?${name}\\s*[,:}]`,
  ].some((pattern) => new RegExp(pattern).test(code));
