// npm run record: makes docs/images/watch-a-reload.svg from a real run of what `npm start` runs. It takes half a minute and
// needs tmux, which is the terminal. Another recording: node scripts/record.mjs FILE.svg TITLE COMMAND
import fs from 'node:fs';
import path from 'node:path';
import { svgOf } from './recording/svg.mjs';
import { record } from './recording/terminal.mjs';

const root = path.join(import.meta.dirname, '..');
const [
  file = path.join(root, 'docs/images/watch-a-reload.svg'),
  title = 'npm start',
  command = 'node examples/watch-a-reload.mjs --reloads 2',
] = process.argv.slice(2);

const frames = await record(command, { title, cwd: root });
const svg = svgOf(frames, { title });
fs.writeFileSync(file, svg);
const seconds = Math.round(frames.at(-1).at / 1000);
console.log(
  `${path.relative(root, file)}: ${seconds} s, ${frames.length} frames, ${Math.round(svg.length / 1024)} KB`,
);
