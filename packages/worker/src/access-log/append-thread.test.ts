/** Standard output that only a thread can write to without waiting, as a pipe of another user is. */
import type { WriteDone } from '@tshorn/core';
import { MOST_WAITING_BYTES } from './append-file.ts';
import { Lines } from './lines.ts';

const writes: { readonly text: string; readonly done: WriteDone }[] = [];

jest.mock('./append-target.ts', () => ({
  ...jest.requireActual('./append-target.ts'),
  open: () => ({
    fd: 1,
    write: (_fd: number, data: Buffer, done: WriteDone) => void writes.push({ text: data.toString(), done }),
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
  for (let write = writes.shift(); write; write = writes.shift()) {
    texts.push(write.text);
    write.done(null, write.text.length);
  }
  expect(texts).toEqual(['one\n', '# 1\n']);
  expect(reports).toEqual(['the reader stalled', 1]);
});
