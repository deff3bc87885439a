import { assignment, commandLine, pathList, restOfLine } from './quote.ts';
import { argvOf, specifiers, wordsOf } from './testing/parse-unit.ts';

const HARD = [
  'plain',
  '/srv/my app/app.js',
  '100%',
  '%n',
  '%%',
  '$HOME',
  '$$',
  '$' + '{X}',
  'a"b',
  "it's",
  'back\\slash',
  'end\\',
  ';',
  '',
  ' ',
  'tab\there',
  'new\nline',
  '\r',
  '\u0001',
  '\u0085',
  'Straße',
  '日本語',
  '🙂',
  '#no',
  '-x',
  '\u00a0',
];
const PIECES = [
  '%',
  '$',
  '"',
  "'",
  '\\',
  ' ',
  ';',
  '\n',
  '\t',
  'n',
  'x41',
  '{',
  '}',
  'é',
  '🙂',
  '#',
  '=',
  '/',
  'a',
  '\u001b',
];

/** Mulberry32: the seed repeats the words. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

it.each(HARD)('systemd reads %j as it was', (text) => {
  expect(argvOf(commandLine(['/bin/x', text]))).toEqual(['/bin/x', text]);
  expect(wordsOf(assignment('NAME', text))).toEqual([`NAME=${text}`]);
  expect(wordsOf(pathList([`/a${text}`, '/b']))).toEqual([`/a${text}`, '/b']);
  expect(argvOf(commandLine([`/a${text}`]))).toEqual([`/a${text}`]);
});

it('systemd reads random words as they were', () => {
  const seed = Number(process.env.QUOTE_SEED ?? Date.now());
  const next = random(seed);
  const text = () =>
    Array.from({ length: 1 + Math.floor(next() * 8) }, () => PIECES[Math.floor(next() * PIECES.length)]).join(
      '',
    );
  for (let round = 0; round < 2_000; round++) {
    const words = ['/bin/x', text(), text(), text()];
    const line = commandLine(words);
    expect({ seed, words: argvOf(line) }).toEqual({ seed, words });
    expect(line).not.toMatch(/[\n\r]|\\$/);
  }
});

it('plain words stay plain', () => {
  expect(
    commandLine(['/usr/bin/node', 'app.js', '--bind', ':8000', '--node-options=--max-old-space-size=512']),
  ).toBe('/usr/bin/node app.js --bind :8000 --node-options=--max-old-space-size=512');
});

it('a value that is the rest of its line keeps spaces, and refuses what systemd would change', () => {
  expect(restOfLine('WorkingDirectory', '/srv/my "app" $x')).toBe('/srv/my "app" $x');
  expect(specifiers(restOfLine('WorkingDirectory', '/srv/100%'))).toBe('/srv/100%');
  for (const text of ['/a ', ' /a', '/a\nb', '/a\\']) {
    expect(() => restOfLine('WorkingDirectory', text)).toThrow('WorkingDirectory= of systemd cannot hold');
  }
});
