import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppendFile, countLines, MOST_WAITING_BYTES } from './append-file.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-'));
  file = path.join(directory, 'access.log');
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const content = (name = file) => fs.readFileSync(name, 'utf8');

/** A file, and what has become of its lines. */
function opened() {
  const lost: [number, string][] = [];
  let written = 0;
  const log = new AppendFile(file, {
    written: () => void written++,
    lost: (lines, reason) => void lost.push([lines, reason]),
  });
  return { add: (text: string) => log.add(Buffer.from(text)), log, lost, written: () => written };
}

/** Reads what is in a pipe now. */
function drain(fd: number): string {
  const all: Buffer[] = [];
  const buffer = Buffer.alloc(256 * 1024);
  for (;;) {
    try {
      const length = fs.readSync(fd, buffer);
      if (length === 0) break;
      all.push(Buffer.from(buffer.subarray(0, length)));
    } catch {
      break;
    }
  }
  return Buffer.concat(all).toString();
}

function pipe(): number {
  execFileSync('mkfifo', [file]);
  return fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
}

test('is appended to at once, and goes on in a new one after a rotation', () => {
  fs.writeFileSync(file, 'before\n');
  const { add, log, written } = opened();
  add('one\n');
  expect(content()).toBe('before\none\n');
  fs.renameSync(file, `${file}.1`);
  add('two\n');
  expect(log.renew()).toBeUndefined();
  add('three\n');
  expect([content(`${file}.1`), content()]).toEqual(['before\none\ntwo\n', 'three\n']);
  expect(written()).toBe(3);
});

test('stays the old one where the new one cannot be opened', () => {
  const { add, log } = opened();
  add('one\n');
  fs.renameSync(file, `${file}.1`);
  fs.mkdirSync(file);
  expect(log.renew()).toBe('EISDIR');
  add('two\n');
  expect(content(`${file}.1`)).toBe('one\ntwo\n');
});

test('a full disk loses whole lines, which are counted', () => {
  file = '/dev/full';
  const { add, lost, written } = opened();
  add('one\ntwo\n');
  add('three\n');
  expect(lost).toEqual([
    [2, 'ENOSPC'],
    [1, 'ENOSPC'],
  ]);
  expect(written()).toBe(0);
});

test('a directory that is gone loses lines until it is there again', () => {
  file = path.join(directory, 'gone', 'access.log');
  const { add, lost } = opened();
  add('one\n');
  expect(lost).toEqual([[1, 'ENOENT']]);
  fs.mkdirSync(path.dirname(file));
  add('two\n');
  expect(content()).toBe('two\n');
});

/** Resolves when all has been written. */
async function ends(text: string): Promise<void> {
  while (!content().endsWith(text)) await sleep(5);
}

test('a line behind one that the full disk has cut begins on a line of its own', async () => {
  fs.symlinkSync('/dev/full', file);
  const { add, log, lost } = opened();
  add('lost\n');
  expect(lost).toHaveLength(1);
  fs.rmSync(file);
  fs.writeFileSync(file, 'whole\nhal');
  log.renew();
  add('one\n');
  add('two\n');
  await ends('two\n');
  expect(content()).toBe('whole\nhal\none\ntwo\n');
});

test('a pipe whose reader stalls keeps what fits, loses the rest, and gets whole lines', async () => {
  const reader = pipe();
  const { add, log, lost } = opened();
  const line = `${'x'.repeat(999)}\n`;
  const count = 2_000;
  for (let at = 0; at < count; at++) add(line);
  const dropped = lost.reduce((sum, [lines]) => sum + lines, 0);
  expect(dropped).toBeGreaterThan(0);
  expect(count - dropped).toBeGreaterThanOrEqual(MOST_WAITING_BYTES / 1_000);
  expect(new Set(lost.map(([, reason]) => reason))).toEqual(new Set(['the reader stalled']));
  let text = '';
  while (countLines(Buffer.from(text)) < count - dropped) {
    text += drain(reader);
    await sleep(5);
  }
  expect(text).toBe(line.repeat(count - dropped));
  log.renew();
  fs.closeSync(reader);
});

test('a pipe without a reader loses lines', () => {
  execFileSync('mkfifo', [file]);
  const { add, lost } = opened();
  add('one\n');
  expect(lost).toEqual([[1, 'ENXIO']]);
});

test('at the end of the process a reader that stalls is not waited for', () => {
  const reader = pipe();
  const { add, log, lost } = opened();
  add('x\n'.repeat(100_000));
  log.finish(20);
  const text = drain(reader);
  expect(countLines(Buffer.from(text)) + (lost[0]?.[0] ?? 0)).toBe(100_000);
  expect(text).toMatch(/^(?:x\n)+$/);
  fs.closeSync(reader);
});

test('a line that is longer than the kernel keeps whole is written to its end', async () => {
  const reader = pipe();
  const { add } = opened();
  const text = `short\n${'y'.repeat(10_000)}\nshort\n`;
  add(text);
  expect(drain(reader)).toBe(text);
  fs.closeSync(reader);
});

test('a line behind a part of one that another worker has left begins on a line of its own', async () => {
  const [own, other] = [opened(), opened()];
  own.add('one\n');
  fs.appendFileSync(file, 'hal');
  other.add('two\n');
  await ends('two\n');
  own.add('three\n');
  expect(content()).toBe('one\nhal\ntwo\nthree\n');
});

test('a line that another worker is writing is not taken for a part of one', async () => {
  const { add } = opened();
  add('one\n');
  fs.appendFileSync(file, 'hal');
  add('two\n');
  fs.appendFileSync(file, 'f\n');
  await ends('two\n');
  expect(content()).toBe('one\nhalf\ntwo\n');
});

describe('a line that a pipe has a part of when a file takes its place', () => {
  const line = `${'x'.repeat(200_000)}\n`;

  /** @returns what the pipe gets afterwards, and what the file has */
  async function renewed(goesOn: (reader: number) => Promise<string>) {
    const reader = pipe();
    const { add, log, lost } = opened();
    add(`${line}waiting\n`);
    fs.renameSync(file, `${file}.1`);
    expect(log.renew()).toBeUndefined();
    add('new\n');
    const piped = await goesOn(reader);
    await ends('new\n');
    fs.closeSync(reader);
    expect(content()).toBe('waiting\nnew\n');
    return { piped, lost };
  }

  afterEach(() => jest.restoreAllMocks());

  test('has its rest in the pipe', async () => {
    const now = performance.now();
    const { piped, lost } = await renewed(async (reader) => {
      // However slow the machine is, the reader is in time.
      jest.spyOn(performance, 'now').mockReturnValue(now);
      let text = '';
      while (!text.endsWith('\n')) {
        text += drain(reader);
        await sleep(5);
      }
      return text;
    });
    expect([piped, lost]).toEqual([line, []]);
  });

  test('is lost if the reader stalls', async () => {
    const now = performance.now();
    const { lost } = await renewed(async () => {
      jest.spyOn(performance, 'now').mockReturnValue(now + 60_000);
      return '';
    });
    expect(lost).toEqual([[1, 'the reader stalled']]);
  });
});
