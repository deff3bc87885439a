import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { type Printer, RecentLines } from './recent-lines.ts';
import { sendLines } from './send-lines.ts';

const BY: Printer = { slot: 3, generation: 2, pid: 123, stream: 'stderr' };

let lines: RecentLines;
beforeEach(() => {
  lines = new RecentLines();
});

const line = (n: number, filling = '') => `${JSON.stringify({ n, filling })}\n`;
const all = () => lines.all().map((json) => JSON.parse(json));

test('what the log has and what the workers print is in the order in which it came', () => {
  lines.log(line(1));
  lines.output(BY, Buffer.from('one\ntwo\n'));
  lines.log(line(2));
  expect(all()).toMatchObject([
    { n: 1 },
    { worker: 3, gen: 2, pid: 123, stream: 'stderr', msg: 'one' },
    { msg: 'two' },
    { n: 2 },
  ]);
});

test('the newest lines stay: a thousand, and of long ones fewer', () => {
  for (let n = 0; n < 1_500; n++) lines.log(line(n));
  expect(all().map(({ n }) => n)).toEqual(Array.from({ length: 1_000 }, (_, at) => 500 + at));
  for (let n = 0; n < 100; n++) lines.log(line(n, 'x'.repeat(100_000)));
  expect(all().map(({ n }) => n)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
});

test('a worker that prints without end pushes out no line of the log, and fills no memory with empty lines', () => {
  lines.log(line(1));
  for (let n = 0; n < 50_000; n++) lines.output(BY, Buffer.from('\n'));
  expect(all()[0]).toMatchObject({ n: 1 });
  expect(lines.all().length).toBeLessThan(5_000);
  lines.output(BY, Buffer.from(`${'x'.repeat(10_000_000)}\nthe end\n`));
  expect(lines.all().join('').length).toBeLessThan(1_000_000);
  expect(all().at(-1)).toMatchObject({ msg: 'the end' });
});

test('what is kept does not hold on to the chunk that it came in', () => {
  const chunk = Buffer.from('one\n');
  lines.output(BY, chunk);
  chunk.fill('x');
  expect(all()).toMatchObject([{ msg: 'one' }]);
});

/** The answer to a reader that reads when `read` is called. */
class Reader extends Writable {
  text = '';
  #read: (() => void) | undefined;

  constructor() {
    super({ decodeStrings: false, highWaterMark: 1 });
  }

  writeHead() {}
  flushHeaders() {}

  override _write(text: string, _: BufferEncoding, done: () => void) {
    this.text += text;
    this.#read = done;
  }

  read() {
    this.#read?.();
  }
}

const send = (reader: Reader, follow: boolean) =>
  sendLines(lines, reader as unknown as ServerResponse, follow);

test('a reader gets the lines that are there, an empty one, and those that come, until it leaves', async () => {
  lines.log(line(1));
  const reader = new Reader();
  send(reader, true);
  reader.read();
  lines.log(line(2));
  expect(reader.text).toBe(`${line(1)}\n${line(2)}`);
  await new Promise((resolve) => reader.once('close', resolve).destroy());
  lines.log(line(3));
  expect(reader.text).toBe(`${line(1)}\n${line(2)}`);
});

test('a reader that still reads when its stream has been ended gets no further line', async () => {
  const reader = new Reader();
  const failed = jest.fn();
  reader.on('error', failed);
  send(reader, true);
  reader.end();
  lines.log(line(1));
  await new Promise(setImmediate);
  expect(failed).not.toHaveBeenCalled();
});

test('a reader that stalls holds a bounded part in memory, and learns how many lines it has missed', async () => {
  const reader = new Reader();
  send(reader, true);
  for (let n = 0; n < 100; n++) lines.log(line(n, 'x'.repeat(100_000)));
  expect(reader.writableLength).toBeLessThan(1_200_000);
  const drained = new Promise((resolve) => reader.once('drain', resolve));
  const reading = setInterval(() => reader.read(), 1);
  await drained;
  lines.log(line(100));
  while (reader.writableLength > 0) await new Promise(setImmediate);
  clearInterval(reading);
  const seen = reader.text
    .split('\n')
    .filter(Boolean)
    .map((json) => JSON.parse(json));
  const { lines: missed, msg } = seen.at(-2);
  expect(msg).toBe(`${missed} log lines are left out here: the reader stalled`);
  expect(seen.at(-1)).toMatchObject({ n: 100 });
  expect(seen.length - 2 + missed).toBe(100);
});
