// Runs the short suite on other versions of Node: `npm run test:nodes [-- 22 24 26]`. npm installs their binaries:
// the packages of which the package `node` consists.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './config-package.mjs';

const versions = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const others = process.argv.slice(2).filter((word) => !/^\d+$/.test(word));
const name = `node-${process.platform}-${process.arch}`;

function install(version) {
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

const failed = [];
for (const version of versions.length > 0 ? versions : ['22', '24', '26']) {
  const node = install(version);
  console.log(`\nNode ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const jest = [
    path.join(root, 'node_modules/jest/bin/jest.js'),
    '--maxWorkers=3',
    '--selectProjects',
    'integration',
  ];
  // Programs that the tests start by name (npx, a shell script) must find the same Node.
  const env = { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}` };
  const { status } = spawnSync(node, [...jest, ...others], { cwd: root, stdio: 'inherit', env });
  if (status !== 0) failed.push(version);
}
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(', ')}`);
  process.exit(1);
}
