/** Installs the binary of another Node from npm: the package of which the package `node` consists. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './config-package.mjs';

const name = `node-${process.platform}-${process.arch}`;

/** Returns the path of the binary of this major version. */
export function installNode(version) {
  const directory = path.join(root, 'node_modules/.cache/nodes', version);
  const binary = path.join(directory, 'node_modules', name, 'bin/node');
  if (!fs.existsSync(binary)) {
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, 'package.json'), '{ "private": true }\n');
    const install = ['install', '--no-save', '--no-package-lock', `${name}@${version}`];
    const { status } = spawnSync('npm', install, { cwd: directory, stdio: 'inherit' });
    if (status !== 0) throw new Error(`npm could not install ${name}@${version}`);
  }
  return binary;
}

/** Runs jest on that Node. Programs that the tests start by name (npx, a shell script) find the same Node. */
export function jestOn(node, args, env = {}) {
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  const PATH = `${path.dirname(node)}:${process.env.PATH}`;
  return spawnSync(node, [jest, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env, PATH },
  }).status;
}
