/** The files of a release that no worker reports: the app itself, what configures it, and the links on the way there. */
import fs from 'node:fs';
import path from 'node:path';
import { configFileNames } from '@tshorn/config';
import type { Release } from '../release.ts';

export function namedFiles({ resolved, config, appFile, cwd }: Release): readonly string[] {
  const named = path.resolve(config.cwd, config.app);
  const configFiles = resolved.file === undefined ? configFileNames(config.cwd) : [resolved.file];
  const written = [...configFiles, ...config.envFile];
  return [
    appFile,
    // A `type`, `imports` or dependency of the package has changed, as by npm install.
    nearestPackage(path.dirname(appFile), cwd),
    ...written,
    ...[named, ...written].flatMap(linksOn),
  ];
}

function nearestPackage(directory: string, cwd: string): string {
  for (let at = directory; at !== path.dirname(at); at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (fs.existsSync(file)) return file;
  }
  return path.join(cwd, 'package.json');
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
