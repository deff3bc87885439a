import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryFor, privateDirectory, UnsafeDirectory } from './private-directory.ts';

const NOBODY = 65_534;
/** Only root can make a directory that belongs to another user. */
const asRoot = process.geteuid?.() === 0 ? test : test.skip;

let base: string;
beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'tshorn-')));
});
afterEach(() => fs.rmSync(base, { recursive: true }));

const make = (name: string, mode: number, uid?: number) => {
  const path = join(base, name);
  fs.mkdirSync(path);
  fs.chmodSync(path, mode);
  if (uid !== undefined) fs.chownSync(path, uid, uid);
  return path;
};
const mode = (path: string) => fs.statSync(path).mode & 0o777;
const refused = (act: () => unknown, words: string) => {
  expect(act).toThrow(UnsafeDirectory);
  expect(act).toThrow(words);
};

test('the directories are made, for this user alone', () => {
  const path = privateDirectory(join(base, 'not/there'), ['tshorn-1', 'compiled']);
  expect(path).toBe(join(base, 'not/there/tshorn-1/compiled'));
  expect([path, join(path, '..'), join(base, 'not')].map(mode)).toEqual([0o700, 0o700, 0o700]);
  expect(privateDirectory(join(base, 'not/there'), ['tshorn-1', 'compiled'])).toBe(path);
});

test('one that others can only read is closed to them', () => {
  make('tshorn', 0o755);
  expect(mode(privateDirectory(base, 'tshorn'))).toBe(0o700);
});

test('one that others can write to is refused, as they may have put something there', () => {
  make('tshorn', 0o777);
  refused(() => privateDirectory(base, 'tshorn'), 'tshorn is writable by other users');
});

test('a symbolic link in the place of a directory is not followed', () => {
  fs.symlinkSync(make('elsewhere', 0o700), join(base, 'tshorn'));
  refused(() => privateDirectory(base, 'tshorn'), 'is not a directory');
});

test('a file in the place of a directory is refused', () => {
  fs.writeFileSync(join(base, 'tshorn'), '');
  refused(() => privateDirectory(base, 'tshorn'), 'is not a directory');
});

test('a base that everybody may write to is refused without the sticky bit, and used with it', () => {
  const open = make('open', 0o777);
  refused(() => privateDirectory(open, 'tshorn'), 'no sticky bit');
  refused(() => privateDirectory(join(open, 'below'), 'tshorn'), 'no sticky bit');
  fs.chmodSync(open, 0o1777);
  expect(privateDirectory(open, 'tshorn')).toBe(join(open, 'tshorn'));
});

test('a link on the way to the base is followed, and what it leads to is looked at', () => {
  const open = make('open', 0o777);
  const closed = make('closed', 0o700);
  fs.symlinkSync('open', join(base, 'to-open'));
  fs.symlinkSync('closed', join(base, 'to-closed'));
  refused(() => privateDirectory(join(base, 'to-open'), 'tshorn'), `${open} is writable`);
  privateDirectory(join(base, 'to-closed'), 'tshorn');
  expect(fs.existsSync(join(closed, 'tshorn'))).toBe(true);
});

describe('a directory of another user', () => {
  asRoot('is refused as the last component', () => {
    make('tshorn', 0o700, NOBODY);
    refused(() => privateDirectory(base, 'tshorn'), 'tshorn belongs to uid 65534');
  });

  asRoot('is refused as any other component', () => {
    make('tshorn', 0o755, NOBODY);
    make('tshorn/compiled', 0o700);
    refused(() => privateDirectory(base, ['tshorn', 'compiled']), 'tshorn belongs to uid 65534');
  });

  asRoot('is refused as a base, and above it', () => {
    const foreign = make('foreign', 0o755, NOBODY);
    make('foreign/own', 0o700);
    refused(() => privateDirectory(foreign, 'tshorn'), 'foreign belongs to uid 65534');
    refused(() => privateDirectory(join(foreign, 'own'), 'tshorn'), 'foreign belongs to uid 65534');
  });

  asRoot('is refused when it takes the place of one that was used before', () => {
    privateDirectory(base, ['tshorn', 'compiled']);
    fs.chownSync(join(base, 'tshorn'), NOBODY, NOBODY);
    refused(() => privateDirectory(base, ['tshorn', 'compiled']), 'tshorn belongs to uid 65534');
  });

  asRoot('is used by that user, and by nobody else', () => {
    const directory = join(base, '65534-app');
    directoryFor(NOBODY, NOBODY, directory);
    expect(fs.statSync(directory)).toMatchObject({ uid: NOBODY, gid: NOBODY });
    directoryFor(NOBODY, NOBODY, directory);
    refused(() => directoryFor(1, 1, directory), 'of uid 1 alone');
    fs.chmodSync(directory, 0o755);
    refused(() => directoryFor(NOBODY, NOBODY, directory), 'of uid 65534 alone');
  });
});
