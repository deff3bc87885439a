import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TshornError } from '@tshorn/core';
import { meant, refuseStrayWord } from './first-word.ts';

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

describe('of an app that is not found', () => {
  beforeEach(() => {
    fs.mkdirSync(path.join(cwd, 'node_modules/.bin'), { recursive: true });
    fs.writeFileSync(path.join(cwd, 'node_modules/.bin/next'), '');
  });

  const about = async (...argv: string[]) => {
    const { message, fix } = (await meant(
      new TshornError('ERR_APP_MISSING', 'missing'),
      argv,
      () => cwd,
    )) as TshornError;
    return [message, fix];
  };

  it.each([
    [['nxt', '--', 'start'], 'next', 'tshorn next -- start'],
    [['-w', '2', 'nxt'], 'next', 'tshorn -w 2 next'],
    [['relaod'], 'tshorn reload', 'tshorn reload'],
    [['lgos'], 'tshorn logs', 'tshorn logs'],
    [['ap.js'], 'app.js', 'tshorn app.js'],
    [['./apps.js', '-w', '2'], './app.js', 'tshorn ./app.js -w 2'],
  ])('the near one is named: %j', async (argv, name, line) => {
    expect(await about(...argv)).toEqual([`missing; did you mean ${name}?`, `type: ${line}`]);
  });

  it.each([
    [['deploy', 'production'], 'tshorn has no "deploy": ', 'npx tshorn reload'],
    [['serve', './public', '8080'], 'tshorn has no "serve": ', 'tshorn serve --bind :8080 -- ./public'],
    [['log'], 'tshorn has no "log": ', 'tshorn logs -f'],
  ])('a word of PM2 has its answer: %j', async (argv, message, line) => {
    expect(await about(...argv)).toEqual([expect.stringContaining(message), expect.stringContaining(line)]);
  });

  it('an app of such a name is an app', async () => {
    fs.writeFileSync(path.join(cwd, 'node_modules/.bin/serve'), '');
    expect((await about('serve'))[0]).toMatch(/^missing/);
  });

  it.each([[['-w', '2', 'relaod']], [['elsewhere/x.js']], [['ls']], [['zzz']]])(
    'none is near to %j',
    async (argv) => {
      expect(await about(...argv)).toEqual(['missing', undefined]);
    },
  );
});
