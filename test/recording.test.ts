/** The recording in the README: it works as an image wherever the README is shown, and each frame is what tmux had. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './support/server.ts';

/** The value of an expression with the functions of the renderer, which are no modules for jest. */
function rendered(expression: string): unknown {
  const program = `
    import { svgOf } from './scripts/recording/svg.mjs';
    import { rowsOf } from './scripts/recording/terminal.mjs';
    console.log(JSON.stringify(${expression}));`;
  const args = ['--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
}

const svg = readFileSync(path.join(root, 'docs/images/watch-a-reload.svg'), 'utf8');

test('is small, and needs no script, no font and nothing from elsewhere', () => {
  expect(svg.length).toBeLessThan(150 * 1024);
  expect(svg).not.toMatch(/<script|href|url\(|@import|@font-face|<image|<foreignObject/i);
});

test('shows a good release and a bad one, and no failed request', () => {
  const text = svg.replaceAll(/<[^>]*>/g, ' ');
  expect(text).toMatch(/gen 2\s+committed\s+: 4 workers replaced/);
  expect(text).toMatch(/gen 3\s+rolled back/);
  expect(text).toMatch(/1 committed, 1 rolled back\. Requests: \d+ answered, 0 failed\./);
});

test('keeps the colours and the columns of the terminal, over the ends of lines too', () => {
  const screen = '\x1b[2m worker\n  0\x1b[0m  \x1b[35mgen 2\x1b[39m up\n';
  expect(rendered(`rowsOf(${JSON.stringify(screen)})`)).toEqual([
    [{ column: 0, text: ' worker', style: ['dim'] }],
    [
      { column: 0, text: '  0', style: ['dim'] },
      { column: 5, text: 'gen 2', style: ['c35'] },
      { column: 10, text: ' up', style: [] },
    ],
    [],
  ]);
});

test('a row moves when it changes, and stands otherwise', () => {
  const frames = `['a', 'b', 'a'].map((row, index) => ({ at: index * 1000, rows: rowsOf(row + '\\nsame') }))`;
  const made = rendered(`svgOf(${frames}, { title: 'a & b', still: 0.5 })`);
  expect(made).toContain(
    '@keyframes r0{0%{transform:translateY(0px)}50%{transform:translateY(-13px)}100%{transform:translateY(0px)}}',
  );
  expect(made).not.toContain('@keyframes r1');
  // Without animation the second frame is shown.
  expect(made).toMatch(/#r0\{[^}]*transform:translateY\(-13px\)\}/);
  expect(made).toContain('a &amp; b');
});
