import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { passLines } from './pass-lines.ts';

test('lines pass as they are, however they are cut, but for those that are taken', async () => {
  const from = new PassThrough();
  const to = new PassThrough();
  const seen: string[] = [];
  passLines(from, to, (line) => {
    seen.push(line);
    return line === 'secret';
  });
  for (const part of ['one\ntw', 'o\nsec', 'ret\n\n', 'grüße', '\nno end']) from.write(part);
  from.end(() => setImmediate(() => to.end()));
  expect(await text(to)).toBe('one\ntwo\n\ngrüße\nno end');
  expect(seen).toEqual(['one', 'two', 'secret', '', 'grüße']);
});
