// Copies what the tarball holds beside what is built: README, LICENSE, the pages that log lines and errors name
// (docs/operating.md), the files for Prometheus and Grafana, and the examples that pages link to. Removes from dist
// what the last build has not made. `npm pack` and `npm publish` run it, so that the tarball has everything as it is now.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const target = path.join(root, 'packages/tshorn');
const filesIn = (directory) =>
  fs.existsSync(directory)
    ? fs.readdirSync(directory, { recursive: true }).filter((name) => path.extname(name) !== '')
    : [];

// A photograph of a page would be a quarter of the tarball.
const pages = filesIn(path.join(root, 'docs')).filter((name) => !name.endsWith('.png'));
/** Small ones, which pages link to. Prometheus and Grafana take those of `monitoring` as they are. */
const examples = filesIn(path.join(root, 'examples')).filter((name) =>
  /^(?:(?:monitoring|instances|live|systemd|hosts)\/|rolling-restart\.sh$)/.test(name),
);
const shipped = { docs: pages, examples };
for (const name of ['LICENSE', 'README.md']) copy(path.join(root, name), path.join(target, name));
for (const [directory, names] of Object.entries(shipped)) {
  for (const name of names) copy(path.join(root, directory, name), path.join(target, directory, name));
  for (const name of filesIn(path.join(target, directory))) {
    if (!names.includes(name)) fs.rmSync(path.join(target, directory, name), { force: true });
  }
}

const built = path.join(target, 'built-files.json');
if (!fs.existsSync(built)) throw new Error('nothing is built: npm run build');
const made = JSON.parse(fs.readFileSync(built, 'utf8'));
const dist = path.join(target, 'dist');
for (const name of fs.readdirSync(dist, { recursive: true })) {
  if (!made.includes(name)) fs.rmSync(path.join(dist, name), { recursive: true, force: true });
}

/** A file that is the same already stays untouched: two tests may pack at the same time. */
function copy(from, to) {
  const content = fs.readFileSync(from);
  if (fs.existsSync(to) && fs.readFileSync(to).equals(content)) return;
  fs.mkdirSync(path.dirname(to), { recursive: true });
  // Outside of the directories that another run cleans, and that are packed.
  const made = path.join(target, `.${process.pid}.new`);
  fs.writeFileSync(made, content, { mode: fs.statSync(from).mode });
  fs.renameSync(made, to);
}
