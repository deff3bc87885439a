/**
 * APP as a person types it -> the real path of one file. Used by the master, which pins a release to
 * that path; nothing of the app is run here.
 */
import { existsSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { TshornError } from './errors.ts';
import { commandsOf, findCommand, isFile, readPackage } from './package-commands.ts';
import { startScript } from './start-script.ts';

export interface ResolvedApp {
  /** Absolute, with every symbolic link followed: a release that is switched by a link stays pinned. */
  readonly file: string;
  /** `APP:name` serves the export of that name. */
  readonly exportName?: string;
}

const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/**
 * APP is a path with or without its extension, a directory (the `main` of its package.json, or index), a command in
 * node_modules (`next`, `serve`), or the name of a package that `cwd` can resolve; `:name` behind it picks a named
 * export.
 * @throws TshornError ERR_APP_MISSING naming where it looked
 */
export function resolveApp(app: string, cwd: string): ResolvedApp {
  const whole = find(app, cwd);
  if (whole) return { file: realpathSync(whole) };
  const named = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(app);
  const file = named && find(named[1]!, cwd);
  if (file) return { file: realpathSync(file), exportName: named[2]! };
  throw missing(named?.[1] ?? app, cwd);
}

const find = (app: string, cwd: string): string | undefined =>
  asFile(resolve(cwd, app)) ??
  asDirectory(resolve(cwd, app)) ??
  (PACKAGE.test(app) ? (findCommand(app, cwd) ?? asPackage(app, cwd)) : undefined);

/** A package, and a path in it. */
const PACKAGE = /^(@[^/]+\/[^/]+|[^./@][^/]*)(?:\/(.+))?$/;

const asFile = (path: string): string | undefined =>
  ['', ...EXTENSIONS].map((extension) => path + extension).find((candidate) => isFile(candidate));

function asDirectory(path: string): string | undefined {
  const main = readPackage(path)?.main;
  const fromMain = typeof main === 'string' ? join(path, main) : undefined;
  return (
    (fromMain && (asFile(fromMain) ?? asFile(join(fromMain, 'index')))) ||
    EXTENSIONS.map((extension) => join(path, `index${extension}`)).find((candidate) => isFile(candidate))
  );
}

/** As `import` from a file in `cwd` finds it; require() could not see packages that only offer `import`. */
function asPackage(specifier: string, cwd: string): string | undefined {
  const [, name, subpath] = PACKAGE.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  for (let at = resolve(cwd); ; at = dirname(at)) {
    const directory = join(at, 'node_modules', name);
    if (subpath !== undefined) {
      const inside = asFile(join(directory, subpath)) ?? asDirectory(join(directory, subpath));
      if (inside) return inside;
    } else {
      const target = importTarget(readPackage(directory)?.exports);
      const file = target === undefined ? asDirectory(directory) : asFile(join(directory, target));
      const [command] = commandsOf(directory).values();
      if (file ?? command) return file ?? command;
    }
    if (at === dirname(at)) return undefined;
  }
}

/** Returns the target that `import` finds in `exports`: its first matching condition, in the package's own order. */
function importTarget(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  if ('.' in exports) return importTarget(exports['.']);
  for (const [condition, target] of Object.entries(exports)) {
    if (!['node', 'import', 'module-sync', 'default'].includes(condition)) continue;
    const found = importTarget(target);
    if (found) return found;
  }
  return undefined;
}

function missing(app: string, cwd: string): TshornError {
  const path = resolve(cwd, app);
  const stat = statSync(path, { throwIfNoEntry: false });
  const directory = stat?.isDirectory() ? path : dirname(path);
  const start = stat?.isDirectory() ? startScript(path, cwd) : undefined;
  const why = stat?.isDirectory()
    ? `${path} is a directory without an index file or a package.json whose "main" exists` +
      (start ? `; its npm start runs "${start.runs}"` : '')
    : `there is no ${path} (nor with ${EXTENSIONS.join(', ')})` +
      (/^\.{0,2}\//.test(app) ? '' : `, and no package or command of that name can be resolved from ${cwd}`);
  const fix = start?.line === undefined ? nearest(directory) : `type: ${start.line}`;
  return new TshornError('ERR_APP_MISSING', `app: cannot find "${app}": ${why}`, { fix });
}

/** The link on the way to this path that leads nowhere, as `current` does whose release was removed. */
function brokenLink(path: string): { readonly path: string; readonly target: string } | undefined {
  if (existsSync(path) || path === dirname(path)) return undefined;
  try {
    return { path, target: readlinkSync(path) };
  } catch {
    // It is no link.
    return brokenLink(dirname(path));
  }
}

function nearest(directory: string): string {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => EXTENSIONS.some((extension) => name.endsWith(extension)));
  } catch {
    const link = brokenLink(directory);
    if (link)
      return `${link.path} is a link to ${link.target}, which does not exist: make it lead to a directory that does`;
    return `the directory ${directory} does not exist: check the path, or the directory that tshorn is started in`;
  }
  if (names.length === 0) return `${directory} holds no JavaScript or TypeScript file: check the path`;
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');
  return `name the file that starts the app; ${directory} has ${shown}`;
}
