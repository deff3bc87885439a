import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { refuseStrayWord } from './first-word.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  fs.writeFileSync(path.join(cwd, 'app.js'), '');
});
afterEach(() => fs.rmSync(cwd, { recursive: true }));

const refused = (...words: string[]) => {
  try {
    refuseStrayWord(words, () => cwd);
  } catch (error) {
    const { message, fix } = error as { message: string; fix: string };
    return [message, fix];
  }
  return undefined;
};

it.each([
  ['chek', '"chek": no command and no app; did you mean tshorn check?', 'type: tshorn check app.js'],
  ['serve', '"serve": no command and no app', 'type: tshorn app.js'],
  ['node', '"node": no command and no app', 'type: tshorn app.js'],
])('a word before the app is refused with the line that is meant: %s', (word, message, fix) => {
  expect(refused(word, 'app.js', '--workers', '2')).toEqual([message, fix]);
});

it.each([
  [['app.js']],
  [['app.js', '--', 'x']],
  [['app.js', 'app.js']],
  [['app.js', '-w', '2']],
  [['-w', '2', 'app.js']],
  [['x', 'y']],
  [[]],
])('all else is left to the reader of the command line: %j', (words) =>
  expect(refused(...words)).toBeUndefined(),
);
