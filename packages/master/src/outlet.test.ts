import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { targetOf } from '@tshorn/core';
import { Outlet } from './outlet.ts';

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

test('a pipe that nobody reads takes what fits, and the rest waits without holding up the loop', async () => {
  const pipe = path.join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(pipe, 'w');
  const outlet = new Outlet(() => targetOf(writer));
  const data = Buffer.alloc(300_000, 'x');
  outlet.add(data);
  expect(outlet.full).toBe(false);
  expect(outlet.bytes).toBeGreaterThan(0);
  expect(outlet.bytes).toBeLessThan(data.length);
  const chunk = Buffer.alloc(data.length);
  let read = 0;
  const drained = once(outlet, 'drain');
  const reading = setInterval(() => {
    try {
      read += fs.readSync(reader, chunk);
    } catch {
      // EAGAIN: nothing to read at this moment.
    }
  }, 1);
  await drained;
  clearInterval(reading);
  outlet.renew();
  fs.closeSync(writer);
  for (let more = 1; more > 0; read += more) more = fs.readSync(reader, chunk);
  fs.closeSync(reader);
  expect(read).toBe(data.length);
});

test('the flags of the inherited descriptor stay as they are', () => {
  const pipe = path.join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(pipe, 'w');
  const flags = () => /flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${writer}`, 'utf8'))?.[1];
  const before = flags();
  const outlet = new Outlet(() => targetOf(writer));
  outlet.add(Buffer.from('x'));
  expect(flags()).toBe(before);
  outlet.renew();
  fs.closeSync(writer);
  fs.closeSync(reader);
});

test('a file is written to before the call returns, and a lost descriptor is reported', () => {
  const file = path.join(directory, 'file');
  const fd = fs.openSync(file, 'w');
  const outlet = new Outlet(() => targetOf(fd));
  const results: unknown[] = [];
  outlet.add(Buffer.from('here\n'), (error) => results.push(error));
  expect(fs.readFileSync(file, 'utf8')).toBe('here\n');
  fs.closeSync(fd);
  outlet.add(Buffer.from('lost\n'), (error) => results.push(error?.code));
  expect(results).toEqual([null, 'EBADF']);
});

test('a socket that Node has made non-blocking is written to before the call returns', async () => {
  const server = net.createServer().listen(path.join(directory, 'socket'));
  await once(server, 'listening');
  const client = net.connect(path.join(directory, 'socket'));
  const [peer] = (await once(server, 'connection')) as [net.Socket];
  const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
  const outlet = new Outlet(() => targetOf(fd));
  outlet.add(Buffer.from('out'));
  expect(outlet.bytes).toBe(0);
  expect(String((await once(peer, 'data'))[0])).toBe('out');
  for (const socket of [client, peer]) socket.destroy();
  server.close();
});
