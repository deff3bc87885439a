import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodeCommandOf, startScript } from './start-script.ts';

it.each([
  ['--import tsx server.ts --fast', ['--import', 'tsx'], 'server.ts', ['--fast']],
  ['--env-file .env server.js', ['--env-file', '.env'], 'server.js', []],
  ['--env-file-if-exists .env server.js', ['--env-file-if-exists', '.env'], 'server.js', []],
  ['--env-file-if-exists=.env server.js', ['--env-file-if-exists=.env'], 'server.js', []],
])('node %s', (line, flags, file, words) =>
  expect(nodeCommandOf(line.split(' '))).toEqual({ flags, file, words }),
);

it.each([
  ['pm2 start ecosystem.config.js', 'tshorn import ecosystem.config.js'],
  ['pm2-runtime ecosystem.config.js --env production', 'tshorn import ecosystem.config.js --env production'],
  ['pm2 start server.js -i max', 'tshorn start server.js -i max'],
])('npm start is "%s": the line to type is that of tshorn', (start, line) => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  fs.writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ scripts: { start } }));
  expect(startScript(directory, directory)?.line).toBe(line);
  fs.rmSync(directory, { recursive: true });
});
