import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkLogPlaces, logFile } from './log-file.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const inDirectory = (name: string) => path.join(directory, name);
const written = (outlet: ReturnType<typeof logFile>, text: string) =>
  new Promise<string | undefined>((resolve) =>
    outlet.add(Buffer.from(text), (error) => resolve(error?.code)),
  );

it('waits for no reader of a named pipe: what is written before one is there is lost', async () => {
  const pipe = inDirectory('pipe');
  execFileSync('mkfifo', [pipe]);
  const outlet = logFile('--log-file', pipe);
  expect(await written(outlet, 'lost\n')).toBe('ENXIO');
  const reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  expect(await written(outlet, 'read\n')).toBeUndefined();
  const bytes = Buffer.alloc(16);
  expect(bytes.toString('utf8', 0, fs.readSync(reader, bytes))).toBe('read\n');
  fs.closeSync(reader);
  outlet.renew();
});

it('refuses a socket, which nobody can open, by its option', async () => {
  const socket = inDirectory('socket');
  const server = net.createServer().listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    expect(() => logFile('--output-file', socket)).toThrow(/^--output-file: cannot write .*socket: .*ENXIO/);
  } finally {
    server.close();
  }
});

it('a check that makes no file refuses a directory that is missing, and a directory in the place of a file', () => {
  const files = { logFile: undefined, outputFile: inDirectory('output.log'), accessLog: '-' };
  expect(() => checkLogPlaces(files)).not.toThrow();
  const missing = { ...files, accessLog: inDirectory('absent/access.log') };
  expect(() => checkLogPlaces(missing)).toThrow(
    /^--access-log: cannot write .*there is no directory .*absent$/,
  );
  expect(() => checkLogPlaces({ ...files, logFile: directory })).toThrow(/^--log-file: .*it is a directory$/);
  expect(fs.readdirSync(directory)).toEqual([]);
});
