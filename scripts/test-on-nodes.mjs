// Runs the short suite on other versions of Node: `npm run test:nodes [-- 22 24 26]`. npm installs their binaries.
import { spawnSync } from 'node:child_process';
import { installNode, jestOn } from './nodes.mjs';

const versions = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const others = process.argv.slice(2).filter((word) => !/^\d+$/.test(word));

const failed = [];
for (const version of versions.length > 0 ? versions : ['22', '24', '26']) {
  const node = installNode(version);
  console.log(`\nNode ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const status = jestOn(node, ['--maxWorkers=3', '--selectProjects', 'integration', ...others]);
  if (status !== 0) failed.push(version);
}
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(', ')}`);
  process.exit(1);
}
