import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageScript } from './package-script.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tshorn-'));
  const scripts = { start: 'node a.js', dev: 'vite', predev: 'build' };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ scripts }));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const taken = (line: string) => {
  const [program = '', ...words] = line.split(' ');
  return packageScript({ program, words }, cwd);
};

it.each([
  ['npm start', { runs: 'node a.js', words: [], typed: 'npm start' }],
  ['npm --silent run dev -- --port 4000', { runs: 'vite', words: ['--port', '4000'], typed: 'npm run dev' }],
  ['npm run start --silent word', { runs: 'node a.js', words: ['word'] }],
  ['yarn dev --port 4000', { runs: 'vite', words: ['--port', '4000'], typed: 'yarn run dev' }],
  ['pnpm run start -- --x', { runs: 'node a.js', words: ['--x'] }],
  ['yarn next start', { command: { program: 'next', words: ['start'] } }],
  ['npm exec -- next start', { command: { program: 'next', words: ['start'] } }],
  ['npm run nothing', { refused: expect.stringContaining('no package.json with a script "nothing"') }],
  ['npm run start -w api', { refused: expect.stringContaining('runs in the workspace api') }],
  ['pnpm --filter=api start', { refused: expect.stringContaining('runs in the workspace api') }],
  ['npm --prefix web start', { refused: expect.stringContaining('web has no package.json') }],
  ['npm run', { refused: expect.stringContaining('without a script') }],
])('%s', (line, expected) => {
  expect(taken(line)).toMatchObject(expected);
});

it('a script that npm runs before it is named', () => {
  expect(taken('npm run dev')).toMatchObject({
    notes: [{ text: expect.stringContaining('"build" (predev)') }],
  });
  expect(taken('pnpm run dev')).toMatchObject({ notes: [] });
});
