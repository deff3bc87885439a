import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whoListens } from '@tshorn/core';
import { placeSocket } from './socket-file.ts';

const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-socket-file-'));
const file = path.join(directory, 'master.sock');
afterEach(() => jest.restoreAllMocks());
afterAll(() => fs.rmSync(directory, { recursive: true }));

const end = (socket: net.Socket) => socket.end();

test('its file is there from the moment that it listens, and not from bind() on', async () => {
  const bound: unknown[] = [];
  const { listen } = net.Server.prototype;
  jest.spyOn(net.Server.prototype, 'listen').mockImplementation(function (this: net.Server, ...args) {
    bound.push(args[0]);
    expect(fs.existsSync(file)).toBe(false);
    return Reflect.apply(listen, this, args);
  });
  const placed = await placeSocket(file, false, end);
  expect(bound).toEqual([expect.stringContaining(directory)]);
  expect(bound).not.toContain(file);
  expect(await whoListens(file)).not.toBe('refused');
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  placed.close();
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('a server that listens there keeps its file, also when it comes at the last moment', async () => {
  const other = await placeSocket(file, false, end);
  await expect(placeSocket(file, false, end)).rejects.toThrow(`${file} is in use by another process`);
  other.close();

  const { linkSync } = fs;
  jest.spyOn(fs, 'linkSync').mockImplementation((from, to) => {
    fs.writeFileSync(file, 'of another master');
    linkSync(from, to);
  });
  await expect(placeSocket(file, false, end)).rejects.toThrow(/cannot put a socket at .*EEXIST/);
  expect(fs.readFileSync(file, 'utf8')).toBe('of another master');
  expect(fs.readdirSync(directory)).toEqual(['master.sock']);
  fs.rmSync(file);
});

test('one that a new master has replaced leaves the new file alone', async () => {
  const old = await placeSocket(file, false, end);
  const next = await placeSocket(file, false, end, true);
  expect([old.isThere(), next.isThere()]).toEqual([false, true]);
  old.close();
  expect(next.isThere()).toBe(true);
  next.close();
  expect(fs.readdirSync(directory)).toEqual([]);
});
