/** The files of a release that no worker reports: the app itself, what configures it, and the links on the way there. */
import fs from 'node:fs';
import path from 'node:path';
import { configFileNames } from '@tshorn/config';
import type { Release } from '../release.ts';

/** Files that npm, Yarn (1, and later ones with and without `node_modules`) and pnpm write when an installation ends. */
const INSTALL_MARKS = [
  'node_modules/.package-lock.json',
  'node_modules/.yarn-integrity',
  'node_modules/.yarn-state.yml',
  'node_modules/.modules.yaml',
  '.pnp.cjs',
];

export const isInstallMark = (file: string): boolean =>
  INSTALL_MARKS.some((mark) => file.endsWith(`/${mark}`));

export function namedFiles({ resolved, config, appFile, cwd }: Release): readonly string[] {
  const named = path.resolve(config.cwd, config.app);
  const configFiles = resolved.file === undefined ? configFileNames(config.cwd) : [resolved.file];
  const written = [...configFiles, ...config.envFile];
  const packages = packagesAbove(path.dirname(appFile));
  return [
    appFile,
    // A `type`, `imports` or dependency of the package has changed, as by npm install.
    path.join(packages[0] ?? cwd, 'package.json'),
    ...packages.flatMap((directory) => INSTALL_MARKS.map((mark) => path.join(directory, mark))),
    ...written,
    ...[named, ...written].flatMap(linksOn),
  ];
}

/** Directories with a `package.json`, the nearest one first: that of a workspace, and the one above with its dependencies. */
function packagesAbove(directory: string): string[] {
  const found: string[] = [];
  for (let at = directory; at !== path.dirname(at); at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, 'package.json'))) found.push(at);
  }
  return found;
}

/** The symbolic links in a path: a release that is switched by one, such as `current`. */
function linksOn(file: string): string[] {
  const parts = file.split(path.sep).slice(1);
  const prefixes = parts.map((_, at) => path.sep + parts.slice(0, at + 1).join(path.sep));
  return prefixes.filter((prefix) => {
    try {
      return fs.lstatSync(prefix).isSymbolicLink();
    } catch {
      return false;
    }
  });
}
