/** Installs a package that a benchmark compares with, into a folder of its own: nobody who runs no benchmark needs it. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** @param {string} spec such as nodemon@3.1.14 @returns {string | undefined} its folder; undefined where npm cannot install it */
export function installed(spec) {
  const name = spec.slice(0, spec.lastIndexOf('@'));
  const folder = path.join(os.tmpdir(), 'tshorn-bench', spec);
  const found = path.join(folder, 'node_modules', name);
  if (fs.existsSync(path.join(found, 'package.json'))) return found;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{}');
  const argv = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', spec];
  const { status } = spawnSync('npm', argv, { cwd: folder, stdio: 'ignore', timeout: 120_000 });
  return status === 0 ? found : undefined;
}
