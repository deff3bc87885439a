import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from './log.ts';
import { PidFile } from './pid-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'tshorn-'));
  path = join(directory, 'tshorn.pid');
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const log = { info: () => {}, warn: () => {} } as unknown as Logger;
const ours = `${process.pid}\n`;

test('it is written whole, and removed', () => {
  const file = new PidFile(path, log);
  file.check();
  file.write();
  file.write();
  expect(fs.readFileSync(path, 'utf8')).toBe(ours);
  expect(fs.readdirSync(directory)).toEqual(['tshorn.pid']);
  file.remove();
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('a link that another user has put beside it is not followed', () => {
  const victim = join(directory, 'victim');
  fs.writeFileSync(victim, 'precious');
  fs.symlinkSync(victim, join(directory, `.tshorn.pid.${process.pid}`));
  fs.symlinkSync(victim, path);
  new PidFile(path, log).write();
  expect(fs.readFileSync(victim, 'utf8')).toBe('precious');
  expect(fs.lstatSync(path).isFile()).toBe(true);
});

test('a server of the same program that has not written it does not remove it', () => {
  new PidFile(path, log).write();
  const second = new PidFile(path, log);
  second.check();
  second.remove();
  expect(fs.readFileSync(path, 'utf8')).toBe(ours);
});

test('a write that fails says why, and leaves nothing', () => {
  fs.mkdirSync(path);
  expect(() => new PidFile(path, log).write()).toThrow(
    /cannot write .*tshorn\.pid: .*(EISDIR|ENOTEMPTY|EEXIST)/,
  );
  expect(fs.readdirSync(directory)).toEqual(['tshorn.pid']);
  expect(() => new PidFile('/no-such-directory/x', log).write()).toThrow('ENOENT');
});

test('what another master has written is not removed', () => {
  const file = new PidFile(path, log);
  file.write();
  fs.writeFileSync(path, '1\n');
  file.remove();
  expect(fs.readFileSync(path, 'utf8')).toBe('1\n');
});
