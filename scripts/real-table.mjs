/** Writes docs/real-packages.md: the results of test/real that node_modules/.cache/real-results keeps. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './config-package.mjs';

const results = path.join(root, 'node_modules/.cache/real-results');

const HEAD = `# Real packages

\`npm run test:real\` installs each package and runs its documented first app twice, unmodified: by \`node\` and by
\`tshorn --workers 2\`. It compares the answers (status, headers, body), sends two \`HUP\` under load, and stops with
\`TERM\`. The load is ten keep-alive clients, four that are quiet for 3 s at a time, and ten new connections a second; none
retries. \`npm run test:real -- NAMES\` runs some of them, \`--node 24\` runs them on another Node, and
\`npm run test:real -- --table\` writes this page. [Frameworks](frameworks.md) says what to type for each.

- **same answers**: apart from dates, from what differs between two answers of \`node\` itself, and from the timeout that
  \`Keep-Alive\` names (\`--keep-alive-timeout\`, 75 s).
- **failed / closed**: requests without a complete and correct answer, and idle connections that the server closed, in
  the two reloads, of so many requests.
- **TERM**: the exit code and the time until the process has ended, by \`node\` and by \`tshorn\`, with an idle connection
  open. By \`node\` an app without a handler for \`TERM\` ends by the signal.
- **reloads**: how long they took, on two cores that had other work to do.
- **clean-up**: how often each worker that has ended ran the clean-up of the app.
`;

export function writeTable() {
  const nodes = fs.readdirSync(results).sort();
  const tables = nodes.map((directory) => {
    const rows = fs
      .readdirSync(path.join(results, directory))
      .sort()
      .map((file) => [
        path.basename(file, '.json'),
        JSON.parse(fs.readFileSync(path.join(results, directory, file), 'utf8')),
      ]);
    return `## Node ${rows[0]?.[1].node ?? ''}\n\n${table(rows)}\n`;
  });
  const file = path.join(root, 'docs/real-packages.md');
  fs.writeFileSync(file, `${HEAD}\n${tables.join('\n')}`);
  console.log(`${file} is written`);
}

function table(rows) {
  const lines = [
    '| name | versions | starts | same answers | failed / closed | reloads | TERM by node, by tshorn | clean-up |',
    '|---|---|---|---|---|---|---|---|',
  ];
  for (const [name, { versions, trial, skipped }] of rows) {
    const cells = trial ? trialCells(trial) : [skipped ? `skipped: ${skipped}` : 'no', '', '', '', '', ''];
    lines.push(`| ${[name, versions.join(', '), ...cells].join(' | ')} |`);
  }
  return lines.join('\n');
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const milliseconds = (ms) => (ms < 1000 ? `${ms} ms` : seconds(ms));

function trialCells({ differences, answered, failed, closed, reloadsMs, term, cleanUps }) {
  const terms = [term.node, term.tshorn].map(({ code, ms }) => `${code} in ${milliseconds(ms)}`);
  return [
    'yes',
    differences.length === 0 ? 'yes' : `no: ${differences.length}`,
    `${failed.length} / ${closed.length} of ${answered}`,
    reloadsMs.map(seconds).join(', '),
    terms.join(', '),
    cleanUps
      ? cleanUps.tshorn === cleanUps.workers
        ? 'once'
        : `${cleanUps.tshorn} of ${cleanUps.workers}`
      : '',
  ];
}
