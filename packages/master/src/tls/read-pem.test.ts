import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readPem } from './read-pem.ts';

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'read-pem-'));
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

const at = (name: string) => path.join(directory, name);

test('a named pipe, a device and a directory are refused at once', async () => {
  execFileSync('mkfifo', [at('fifo')]);
  fs.symlinkSync(at('fifo'), at('link'));
  await expect(readPem('certfile', at('link'))).rejects.toThrow(/^certfile: \S+link is no file, but a named/);
  await expect(readPem('certfile', '/dev/zero')).rejects.toThrow('is no file, but a device');
  await expect(readPem('certfile', directory)).rejects.toThrow('is no file, but a directory');
});

test('a file is read up to a bound', async () => {
  fs.writeFileSync(at('long'), Buffer.alloc(1_048_576, 'a'));
  expect(await readPem('ca-certs', at('long'))).toHaveLength(1_048_576);
  fs.appendFileSync(at('long'), 'a');
  await expect(readPem('ca-certs', at('long'))).rejects.toThrow(/^ca-certs: \S+long has more than 1 MB/);
  await expect(readPem('keyfile', at('none'))).rejects.toThrow(/^keyfile: \S+none cannot be read: .*ENOENT/);
});

test('a pipe of a shell is read once, as far as its writer writes, and remembered', async () => {
  execFileSync('mkfifo', [at('fifo')]);
  const reader = fs.openSync(at('fifo'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(at('fifo'), fs.constants.O_WRONLY);
  const file = `/proc/self/fd/${reader}`;
  const pipes = new Map<string, string>();
  const text = readPem('certfile', file, pipes);
  fs.writeSync(writer, 'one, ');
  setTimeout(() => {
    fs.writeSync(writer, 'two');
    fs.closeSync(writer);
  }, 50);
  expect(await text).toBe('one, two');
  fs.closeSync(reader);
  expect(await readPem('certfile', file, pipes)).toBe('one, two');
});
