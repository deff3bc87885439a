/** The commands of packages: `bin` of a package.json, and node_modules/.bin. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';

export interface PackageJson {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
  readonly bin?: unknown;
  readonly scripts?: unknown;
}

/** Undefined where there is none that can be read. */
export function readPackage(directory: string): PackageJson | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    return typeof found === 'object' && found !== null ? found : undefined;
  } catch {
    return undefined;
  }
}

export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Name -> file of each command that the package in the directory has, and whose file exists. */
export function commandsOf(directory: string): ReadonlyMap<string, string> {
  const { bin, name } = readPackage(directory) ?? {};
  const all = typeof bin === 'string' ? { [unscoped(String(name))]: bin } : bin;
  const entries = typeof all === 'object' && all !== null ? Object.entries(all) : [];
  return new Map(
    entries
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([command, file]): [string, string] => [command, join(directory, file)])
      .filter(([, file]) => isFile(file)),
  );
}

/** `serve` of `@react-router/serve`: the command that npx would run. */
export const unscoped = (name: string): string => name.replace(/^@[^/]+\//, '');

/** The file of a command of that name in node_modules, from `cwd` upwards. */
export function findCommand(name: string, cwd: string): string | undefined {
  for (let at = resolve(cwd); ; at = dirname(at)) {
    const link = join(at, 'node_modules/.bin', name);
    const file =
      (!name.includes('/') && isFile(link) ? targetOf(link) : undefined) ??
      commandsOf(join(at, 'node_modules', name)).get(unscoped(name));
    if (file !== undefined) return file;
    if (at === dirname(at)) return undefined;
  }
}

/** The names in node_modules/.bin, from `cwd` upwards. */
export function commandNames(cwd: string): string[] {
  const names: string[] = [];
  for (let at = resolve(cwd); ; at = dirname(at)) {
    const bin = join(at, 'node_modules/.bin');
    if (existsSync(bin)) names.push(...readdirSync(bin).filter((name) => !name.startsWith('.')));
    if (at === dirname(at)) return [...new Set(names)];
  }
}

const JAVASCRIPT = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** The JavaScript behind an entry of node_modules/.bin: npm makes a symbolic link, pnpm a shell script. */
function targetOf(link: string): string | undefined {
  const file = realpathSync(link);
  if (JAVASCRIPT.includes(extname(file))) return file;
  const text = readFileSync(file, 'utf8');
  if (!/^#!.*sh\b/.test(text)) return /^#!(?!.*node)/.test(text) ? undefined : file;
  const [, target] = /"\$basedir\/([^"]+)"\s+"\$@"/.exec(text) ?? [];
  return target !== undefined && isFile(join(dirname(link), target))
    ? join(dirname(link), target)
    : undefined;
}

/** The APP to type for each command of the package that the file belongs to; none where the file is the command. */
export function commandsAround(file: string, cwd: string): string[] {
  for (let at = dirname(file); at !== dirname(at) && basename(at) !== 'node_modules'; at = dirname(at)) {
    if (!isFile(join(at, 'package.json'))) continue;
    const commands = [...commandsOf(at)];
    if (commands.some(([, bin]) => realpathSync(bin) === file)) return [];
    return commands.map(([name, bin]) => {
      const found = findCommand(name, cwd);
      const isShort = found !== undefined && realpathSync(found) === realpathSync(bin);
      return isShort ? name : relative(cwd, bin);
    });
  }
  return [];
}
