import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addHash, hasChanged, hashOf, stampOf } from './fingerprint.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  file = path.join(directory, 'a.js');
  fs.writeFileSync(file, 'one');
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const known = (at = file) => {
  const fingerprint = { stamp: stampOf(at) };
  addHash(at, fingerprint);
  return fingerprint;
};
const touch = () => fs.utimesSync(file, 1, 1);

it('a file that was touched, or replaced by the same, has not changed', () => {
  const fingerprint = known();
  touch();
  expect(hasChanged(file, fingerprint)).toBe(false);
  fs.writeFileSync(`${file}.new`, 'one');
  fs.renameSync(`${file}.new`, file);
  expect(hasChanged(file, fingerprint)).toBe(false);
});

it('a save of the same length has changed the file, once', () => {
  const fingerprint = known();
  fs.writeFileSync(file, 'two');
  touch();
  expect(hasChanged(file, fingerprint)).toBe(true);
  expect(hasChanged(file, fingerprint)).toBe(false);
});

it('a content that was saved after the state was read is not taken for that of the state', () => {
  const fingerprint = { stamp: stampOf(file) };
  fs.writeFileSync(file, 'two');
  touch();
  addHash(file, fingerprint);
  expect(hasChanged(file, fingerprint)).toBe(true);
});

it('a file that appears, or goes, has changed', () => {
  const later = path.join(directory, 'later.js');
  const fingerprint = known(later);
  fs.writeFileSync(later, '');
  expect(hasChanged(later, fingerprint)).toBe(true);
  fs.rmSync(later);
  expect(hasChanged(later, fingerprint)).toBe(true);
});

it('a link has changed when it points elsewhere; to a directory, not with each file in there', () => {
  const link = path.join(directory, 'current');
  fs.symlinkSync(directory, link);
  const fingerprint = known(link);
  fs.writeFileSync(path.join(directory, 'new'), '');
  expect(hasChanged(link, fingerprint)).toBe(false);
  fs.rmSync(link);
  fs.symlinkSync(file, link);
  expect(hasChanged(link, fingerprint)).toBe(true);
});

it('a file that says it is empty is not read: in /proc some such read would wait for ever', () => {
  const read = jest.spyOn(fs, 'readFileSync');
  fs.writeFileSync(file, '');
  expect(hashOf(file)).toBeDefined();
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
});
