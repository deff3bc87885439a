import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { keepSocketFiles } from './socket-files.ts';

const NAMES = ['unlink', 'rm', 'rename'] as const;
const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
const socket = path.join(directory, 'app.sock');
const other = path.join(directory, 'other');
const before = { ...fs };
const promisesBefore = { ...fs.promises };
const told: string[] = [];

beforeAll(() => keepSocketFiles([socket], (file) => told.push(file)));
beforeEach(() => {
  fs.writeFileSync(socket, '');
  fs.writeFileSync(other, 'other');
});
afterAll(() => {
  for (const name of NAMES) {
    Object.assign(fs, { [name]: before[name], [`${name}Sync`]: before[`${name}Sync`] });
    Object.assign(fs.promises, { [name]: promisesBefore[name] });
  }
  fs.rmSync(directory, { recursive: true });
});

const away = () => path.join(directory, 'away');

test.each<[string, () => unknown]>([
  ['unlinkSync', () => fs.unlinkSync(socket)],
  ['unlinkSync of a buffer', () => fs.unlinkSync(Buffer.from(socket))],
  ['unlinkSync of a URL', () => fs.unlinkSync(pathToFileURL(socket))],
  ['unlinkSync of a relative path', () => fs.unlinkSync(path.relative(process.cwd(), socket))],
  ['rmSync', () => fs.rmSync(socket, { force: true })],
  ['renameSync', () => fs.renameSync(socket, away())],
  ['renameSync of another file to it', () => fs.renameSync(other, socket)],
  ['unlink', () => promisify(fs.unlink)(socket)],
  ['rm', () => promisify(fs.rm)(socket, { force: true })],
  ['rename', () => promisify(fs.rename)(socket, away())],
  ['promises.unlink', () => fs.promises.unlink(socket)],
  ['promises.rm', () => fs.promises.rm(socket)],
  ['promises.rename', () => fs.promises.rename(socket, away())],
])('%s succeeds, and the file of the socket stays', async (_name, remove) => {
  expect(await remove()).toBeUndefined();
  expect(fs.readFileSync(socket, 'utf8')).toBe('');
  expect(told).toEqual([socket]);
});

test('the file is found behind a symbolic link to its directory', () => {
  const link = `${directory}-link`;
  fs.symlinkSync(directory, link);
  fs.unlinkSync(path.join(link, 'app.sock'));
  fs.unlinkSync(link);
  expect(fs.existsSync(socket)).toBe(true);
});

test('every other file is removed, and a failure is the one of Node', async () => {
  fs.unlinkSync(other);
  expect(fs.existsSync(other)).toBe(false);
  expect(() => fs.unlinkSync(other)).toThrow('ENOENT');
  await expect(fs.promises.unlink(other)).rejects.toThrow('ENOENT');
  await expect(promisify(fs.unlink)(other)).rejects.toThrow('ENOENT');
  expect(() => fs.unlinkSync(undefined as never)).toThrow('argument must be of type string');
  expect(() => fs.unlink(socket, undefined as never)).toThrow('argument must be of type function');
});

test.each(NAMES)('%s looks like the function of Node', (name) => {
  for (const [now, then] of [
    [fs[name], before[name]],
    [fs[`${name}Sync`], before[`${name}Sync`]],
    [fs.promises[name], promisesBefore[name]],
  ] as const) {
    expect(now).not.toBe(then);
    expect([now.name, now.length]).toEqual([then.name, then.length]);
  }
});
