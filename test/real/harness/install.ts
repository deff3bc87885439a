/** Installs and builds an app once, in a folder outside of the source tree, so that nothing else can be resolved. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../support/server.ts';
import type { RealPackage } from './real-package.ts';

export const CACHE = process.env.REAL_CACHE ?? path.join(os.tmpdir(), 'tshorn-real');
const INSTALL_WITHIN_MS = 15 * 60_000;

export const filesOf = (folder: string): string => path.join(root, 'test/real/packages', folder, 'app');

/** Returns the folder in which the app is ready to start. Throws with the output of npm. */
export function install({ folder, build = [], native }: RealPackage & { readonly folder: string }): string {
  const source = filesOf(folder);
  const hash = createHash('sha256').update(JSON.stringify(build));
  if (native) hash.update(process.versions.modules);
  for (const entry of fs.readdirSync(source, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(source, entry);
    if (fs.statSync(file).isFile()) hash.update(entry).update(fs.readFileSync(file));
  }
  const directory = path.join(CACHE, `${folder}-${hash.digest('hex').slice(0, 10)}`);
  const done = path.join(directory, '.installed');
  if (fs.existsSync(done)) return directory;
  fs.rmSync(directory, { recursive: true, force: true });
  fs.cpSync(source, directory, { recursive: true });
  npm(directory, ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund']);
  for (const command of build) npm(directory, command);
  fs.writeFileSync(done, '');
  return directory;
}

/** Installs packages of the registry into a folder of their own. Returns the folder; throws with the output of npm. */
export function installPackages(...packages: string[]): string {
  const directory = path.join(CACHE, packages.join('-').replaceAll(/[^\w.-]/g, '-'));
  const done = path.join(directory, '.installed');
  if (fs.existsSync(done)) return directory;
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'package.json'), '{}');
  npm(directory, ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', ...packages]);
  fs.writeFileSync(done, '');
  return directory;
}

/** The folder with the headers of this Node, if it was installed with them: a native module can be built then. */
function headers(): { npm_config_nodedir?: string } {
  const nodedir = path.resolve(path.dirname(process.execPath), '..');
  return fs.existsSync(path.join(nodedir, 'include/node/node.h')) ? { npm_config_nodedir: nodedir } : {};
}

export function npm(cwd: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    timeout: INSTALL_WITHIN_MS,
    env: {
      ...process.env,
      NODE_ENV: undefined,
      ...headers(),
      NEXT_TELEMETRY_DISABLED: '1',
      ASTRO_TELEMETRY_DISABLED: '1',
      NUXT_TELEMETRY_DISABLED: '1',
    },
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} in ${cwd}: ${error ?? ''}\n${stdout}\n${stderr}`);
}

/** The versions of the packages that the table shows: app/package.json pins each. */
export function versionsOf({ folder, shows }: RealPackage & { readonly folder: string }): string[] {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(filesOf(folder), 'package.json'), 'utf8'));
  return shows.map((name) => `${name} ${dependencies[name]}`);
}

/** The reason why a native module cannot be loaded here; undefined when it can. */
export function cannotLoad(native: string, directory: string): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, ['-e', native], {
    cwd: directory,
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (/^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr.slice(-200));
}
