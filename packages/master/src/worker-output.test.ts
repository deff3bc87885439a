import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Outlet } from './outlet.ts';
import { WorkerOutput } from './worker-output.ts';

type Done = (error: Error | null, written: number) => void;

/** A sink whose reader takes what it is given when `read` is called. */
function setUp() {
  let passedOn = '';
  const pending: [Buffer, Done][] = [];
  const sink = new Outlet(() => ({
    fd: 2,
    isOwn: false,
    write: (_fd, data, done) => void pending.push([data, done]),
  }));
  const source = new PassThrough();
  const output = new WorkerOutput(source, sink);
  const read = (bytes = Number.POSITIVE_INFINITY, code?: string) => {
    const [data, done] = pending.shift() ?? [];
    if (!data || !done) return false;
    const taken = Math.min(bytes, data.length);
    if (!code) passedOn += data.subarray(0, taken).toString();
    done(code ? Object.assign(new Error(code), { code }) : null, taken);
    return true;
  };
  const settle = async () => {
    for (let quiet = 0; quiet < 3; ) {
      await setImmediate();
      quiet = read() ? 0 : quiet + 1;
    }
    return passedOn;
  };
  return { source, sink, output, read, settle };
}

it('passes lines on, and the unfinished last one at the end', async () => {
  const { source, output, settle } = setUp();
  source.write('one\ntw');
  expect(await settle()).toBe('one\n');
  source.end('o\nthree');
  await output.ended;
  expect(await settle()).toBe('one\ntwo\nthree');
  expect(output.lastLines).toEqual(['one', 'two', 'three']);
});

it('keeps the last twenty lines of any number, and no empty ones', async () => {
  const { source, output, settle } = setUp();
  for (let line = 0; line < 5_000; line++) source.write(`${line} ${'x'.repeat(line % 50)}\n\n`);
  await settle();
  expect(output.lastLines.map((line) => Number.parseInt(line, 10))).toEqual(
    Array.from({ length: 20 }, (_, at) => 4_980 + at),
  );
});

it('does not pass on what is meant for the master', async () => {
  const { source, output, settle } = setUp();
  output.intercept = (line) => line.startsWith('secret');
  source.write('before\nsecret 1\nafter\n');
  expect(await settle()).toBe('before\nafter\n');
  expect(output.lastLines).toEqual(['before', 'after']);
});

it('reads no further while its own reader stands still, and loses nothing', async () => {
  const { source, sink, settle } = setUp();
  const line = `${'y'.repeat(99)}\n`;
  const lines = 20_000;
  for (let at = 0; at < lines; at++) source.write(line);
  for (let turn = 0; turn < 50; turn++) await setImmediate();
  expect(sink.full).toBe(true);
  expect(source.readableLength + source.writableLength).toBeGreaterThan(1_000_000);
  expect(await settle()).toHaveLength(lines * line.length);
  expect(sink.full).toBe(false);
});

it('goes on after a part of it was written, after EAGAIN, and after a failure', async () => {
  const { source, read, settle } = setUp();
  source.write('abcdef\n');
  await setImmediate();
  read(2);
  read(0, 'EAGAIN');
  while (!read()) await setImmediate();
  expect(await settle()).toBe('abcdef\n');
  source.write('lost\n');
  await setImmediate();
  read(0, 'ENOSPC');
  source.write('kept\n');
  expect(await settle()).toBe('abcdef\nkept\n');
});
