import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareAccessLog } from './access-log-file.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, home: '/' };

test.each([
  ['the same user', undefined],
  ['a user who may write there', own],
])('a directory is no access log, for workers of %s', (_who, identity) => {
  expect(() => prepareAccessLog({ accessLog: directory }, identity)).toThrow(
    new RegExp(`^--access-log: cannot write ${directory}: .*(directory|EISDIR)`),
  );
});

test('the file is made, and one that is there stays', () => {
  const accessLog = path.join(directory, 'access.log');
  prepareAccessLog({ accessLog }, own);
  fs.writeFileSync(accessLog, 'line\n');
  prepareAccessLog({ accessLog }, own);
  expect(fs.readFileSync(accessLog, 'utf8')).toBe('line\n');
});
