import { LogStream } from './log-stream.ts';
import { Outlet } from './outlet.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A log whose reader takes a line when `read` is called, and fails when it is given a code. */
function setUp() {
  const pending: { data: Buffer; done: Done }[] = [];
  const written: string[] = [];
  const losses: [number, string][] = [];
  const begun: string[] = [];
  const write = (_fd: number, data: Buffer, done: Done) => void pending.push({ data, done });
  const outlet = new Outlet(() => ({ fd: 2, isOwn: false, isSync: true, write }));
  const stream = new LogStream(outlet, (line) => line, {
    begun: (reason) => begun.push(reason),
    ended: (lines, reason) => losses.push([lines, reason]),
  });
  const read = (code?: string) => {
    const next = pending.shift();
    if (!next) return false;
    if (!code) written.push(next.data.toString());
    next.done(code ? Object.assign(new Error(code), { code }) : null, next.data.length);
    return true;
  };
  return { stream, read, written, losses, begun };
}

test('a reader that stalls costs lines beyond a limit, and their number is reported when it reads again', () => {
  const { stream, read, written, losses } = setUp();
  const line = `${'x'.repeat(1023)}\n`;
  for (let at = 0; at < 1_500; at++) stream.write(line);
  expect(losses).toEqual([]);
  while (read());
  expect(written.join('').length).toBe(1024 * 1024);
  expect(losses).toEqual([[1_500 - 1_024, 'the reader stalled']]);
  stream.write('after\n');
  while (read());
  expect(written.at(-1)).toBe('after\n');
  expect(losses).toHaveLength(1);
});

test('a full disk costs the lines that it refuses; the first loss is reported, and their number with the next line', () => {
  const { stream, read, written, losses, begun } = setUp();
  stream.write('one\n');
  read('ENOSPC');
  stream.write('two\n');
  read('ENOSPC');
  expect(losses).toEqual([]);
  stream.write('three\n');
  read();
  expect(begun).toEqual(['ENOSPC']);
  expect(losses).toEqual([[2, 'ENOSPC']]);
  expect(written).toEqual(['three\n']);
});
