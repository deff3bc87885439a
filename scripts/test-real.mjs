// Runs real packages by node and by tshorn: `npm run test:real [-- NAMES] [--node 24] [--table]`. NAMES are folders of
// test/real/packages; `light` stands for those that .ci/run runs; without a name all run. `--table` writes
// docs/real-packages.md from the results so far, of every Node on which they ran.
import { parseArgs } from 'node:util';
import { installNode, jestOn } from './nodes.mjs';
import { writeTable } from './real-table.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string' }, table: { type: 'boolean' } },
});
const node = values.node ? installNode(values.node) : process.execPath;
const status = jestOn(node, ['--selectProjects', 'real'], { REAL_PACKAGES: positionals.join(' ') });
if (values.table) writeTable();
process.exitCode = status ?? 1;
