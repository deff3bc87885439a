import { PassThrough } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
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
    isSync: true,
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

/** No line is passed on unfinished because this process stood still. */
const stopClock = () => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
afterEach(() => void jest.useRealTimers());

it('passes lines on, and the unfinished last one at the end', async () => {
  stopClock();
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

it('keeps the line of an uncaught exception, however much Node prints below it', async () => {
  const { source, output, settle } = setUp();
  source.write('Error: logged before\n\nnode:events:497\n      throw er;\n      ^\n\n');
  source.write('Error: listen EADDRINUSE: address already in use :::9001\n');
  for (let line = 0; line < 30; line++) source.write(`    at frame ${line}\n`);
  source.end('Node.js v24\n');
  await output.ended;
  await settle();
  expect(output.lastLines).toHaveLength(20);
  expect(output.lastLines[0]).toBe('Error: listen EADDRINUSE: address already in use :::9001');
  expect(output.lastLines.at(-1)).toBe('Node.js v24');
});

it('does not pass on what is meant for the master', async () => {
  const { source, output, settle } = setUp();
  output.intercept = (line) => line.startsWith('secret');
  source.write('before\nsecret 1\nafter\n');
  expect(await settle()).toBe('before\nafter\n');
  expect(output.lastLines).toEqual(['before', 'after']);
});

it('tells the last lines since a moment from those before', async () => {
  const { source, output, settle } = setUp();
  source.write('before\n');
  await settle();
  const { passedBytes } = output;
  expect(output.lastLinesSince(passedBytes)).toEqual([]);
  source.write('after\nunfin');
  await settle();
  expect(output.lastLinesSince(passedBytes)).toEqual(['after', 'unfin']);
  source.write(`ished\n${'x'.repeat(20_000)}\n`);
  await settle();
  expect(output.lastLinesSince(passedBytes)).toEqual([expect.stringMatching(/^x{8191}$/)]);
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

/** Writes asynchronously, as to a pipe whose reader is slow. */
const slowOutlet = (write: (data: Buffer) => void): Outlet =>
  new Outlet(() => ({
    fd: 2,
    isOwn: false,
    isSync: true,
    write(_fd, data, done) {
      write(data);
      void setImmediate().then(() => done(null, data.length));
    },
  }));

describe('what a worker writes is passed on byte for byte', () => {
  async function passedOn(chunks: readonly Buffer[], pauseMs = 0): Promise<Buffer> {
    const taken: Buffer[] = [];
    const sink = slowOutlet((data) => taken.push(Buffer.from(data)));
    const source = new PassThrough();
    const output = new WorkerOutput(source, sink);
    output.intercept = (line) => line === 'for the master';
    for (const chunk of chunks) {
      source.write(chunk);
      if (pauseMs > 0) await sleep(pauseMs);
    }
    source.end();
    await output.ended;
    await sink.idle(60_000);
    return Buffer.concat(taken);
  }

  const inPieces = (data: Buffer, bytes: number) =>
    Array.from({ length: Math.ceil(data.length / bytes) }, (_, at) =>
      data.subarray(at * bytes, (at + 1) * bytes),
    );

  test.each([
    ['a line of 60,000 characters of two bytes', Buffer.from(`${'é'.repeat(60_000)}\n`)],
    ['a line of 90,000 characters of three bytes', Buffer.from(`${'漢'.repeat(90_000)}\nend\n`)],
    ['bytes that are no UTF-8', Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256))],
    ['returns and empty lines', Buffer.from('one\r\n\n  two  \r\rthree\n\n')],
  ])('%s', async (_name, data) => {
    expect((await passedOn([data])).equals(data)).toBe(true);
    expect((await passedOn(inPieces(data, 4_097))).equals(data)).toBe(true);
  });

  test('a character whose bytes come one by one, with pauses', async () => {
    const data = Buffer.from('漢');
    expect((await passedOn(inPieces(data, 1), 150)).equals(data)).toBe(true);
  });

  test('around a line that is meant for the master', async () => {
    const [before, after] = [Buffer.from([0xff, 0xfe, 10]), Buffer.from([0xc3, 10, 0x80])];
    const all = Buffer.concat([before, Buffer.from('for the master\n'), after]);
    expect(await passedOn([all])).toEqual(Buffer.concat([before, after]));
    expect(await passedOn(inPieces(all, 1))).toEqual(Buffer.concat([before, after]));
  });
});

it('does not mix lines of two workers below the stated length', async () => {
  stopClock();
  let written = '';
  const sink = slowOutlet((data) => {
    written += data.toString();
  });
  const sources = ['a', 'b'].map((name) => ({ name, source: new PassThrough() }));
  const outputs = sources.map(({ source }) => new WorkerOutput(source, sink));
  for (let piece = 0; piece < 40; piece++) {
    for (const { name, source } of sources) {
      source.write(name.repeat(30_000));
      if (piece % 8 === 7) source.write('\n');
      await setImmediate();
    }
  }
  for (const { source } of sources) source.end();
  await Promise.all(outputs.map(({ ended }) => ended));
  await sink.idle(60_000);
  const lines = written.split('\n').slice(0, -1);
  expect(lines.map((line) => line.length)).toEqual(new Array(10).fill(8 * 30_000));
  expect(lines.every((line) => /^(a+|b+)$/.test(line))).toBe(true);
});

it('waits for the rest of a line while its reader stalls, however long', async () => {
  stopClock();
  const { source, sink, read, settle } = setUp();
  source.write(`${'x'.repeat(300_000)}\nbegin`);
  await setImmediate();
  expect(sink.full).toBe(true);
  for (let turn = 0; turn < 5; turn++) {
    jest.advanceTimersByTime(200);
    await setImmediate();
  }
  expect(read()).toBe(true);
  expect(read()).toBe(false);
  source.write(' and end\n');
  expect((await settle()).slice(300_001)).toBe('begin and end\n');
});

it('keeps whole characters of a long line', async () => {
  const { source, output, settle } = setUp();
  source.write(`${'漢'.repeat(90_000)}\n`);
  await settle();
  expect(output.lastLines.join('')).toMatch(/^漢+$/);
});

it('keeps lines without what a terminal obeys', async () => {
  const { source, output, settle } = setUp();
  const line = '\x1b[31mError\x1b[0m: \x1b]0;title\x07 no\x08\r\n';
  source.write(line);
  expect(await settle()).toBe(line);
  expect(output.lastLines).toEqual(['Error:  no']);
});
