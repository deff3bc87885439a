/** A descriptor that only a thread can write to without waiting: standard output that is a pipe of another user, or a named pipe where there is no /proc. */
import fs from 'node:fs';
import type { WriteDone } from '@tshorn/core';
import { AppendFile, MOST_WAITING_BYTES } from './append-file.ts';
import { Lines } from './lines.ts';

const writes: { readonly fd: number; readonly text: string; readonly done: WriteDone }[] = [];

jest.mock('./append-target.ts', () => ({
  ...jest.requireActual('./append-target.ts'),
  open: () => ({
    fd: fs.openSync('/dev/null', 'w'),
    write: (fd: number, data: Buffer, done: WriteDone) =>
      void writes.push({ fd, text: data.toString(), done }),
    isSync: false,
    kind: 'other',
    isReadable: false,
  }),
}));

test('the line about those that were lost is written once', () => {
  const reports: unknown[] = [];
  const log = new Lines('-', {
    begun: (reason) => void reports.push(reason),
    lineOf: (count) => `# ${count}\n`,
    ended: (count) => void reports.push(count),
  });
  const add = (line: string) => {
    log.out.ascii(line);
    log.added();
    log.flush();
  };
  add('one\n');
  add(`${'x'.repeat(MOST_WAITING_BYTES)}\n`);
  const texts: string[] = [];
  const [{ fd } = { fd: -1 }] = writes;
  for (let write = writes.shift(); write; write = writes.shift()) {
    texts.push(write.text);
    write.done(null, write.text.length);
  }
  fs.closeSync(fd);
  expect(texts).toEqual(['one\n', '# 1\n']);
  expect(reports).toEqual(['the reader stalled', 1]);
});

test('a file that is opened again stays open as long as a thread writes to it', () => {
  const log = new AppendFile('file', { written: () => {}, lost: () => {} });
  log.add(Buffer.from('one\n'));
  const [one] = writes.splice(0);
  log.renew();
  log.add(Buffer.from('two\n'));
  expect(fs.fstatSync(one?.fd ?? -1).isCharacterDevice()).toBe(true);
  one?.done(null, 4);
  expect(() => fs.fstatSync(one?.fd ?? -1)).toThrow('EBADF');
  const [two] = writes.splice(0);
  expect(two?.text).toBe('two\n');
  expect(two?.fd).not.toBe(one?.fd);
  two?.done(null, 4);
  fs.closeSync(two?.fd ?? -1);
});
