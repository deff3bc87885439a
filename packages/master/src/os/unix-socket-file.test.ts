import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whoListens } from '@tshorn/core';
import { closeUnixSocket } from './unix-socket-file.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

async function listen(file: string) {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(file, resolve));
  return { server, ino: fs.statSync(file).ino };
}

const close = (file: string, { server, ino }: Awaited<ReturnType<typeof listen>>) =>
  new Promise<unknown>((resolve) => closeUnixSocket(file, ino, () => server.close(resolve)));

test('the close of a socket removes its file', async () => {
  const file = path.join(directory, 'sock');
  await close(file, await listen(file));
  expect(fs.readdirSync(directory)).toEqual([]);
});

test("the close of a socket leaves another server's file at its place", async () => {
  const file = path.join(directory, 'sock');
  const old = await listen(file);
  fs.rmSync(file);
  const other = await listen(file);
  await close(file, old);
  expect(await whoListens(file)).toBe('somebody');
  await close(file, other);
  expect(fs.readdirSync(directory)).toEqual([]);
});
