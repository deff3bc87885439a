/** V8 gets no code but what it has made of the very same text. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readCode, sumOf, withSums } from './code-file.ts';
import { keepCompiled, openProgram } from './program.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'code-file-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const kept = () => path.join(directory, 'kept');
const write = (content: Buffer) => fs.writeFileSync(kept(), content, { mode: 0o600 });
const code = Buffer.from(Array.from({ length: 20_001 }, (_, at) => (at * 7) % 251));
const filled = (content: Buffer, from: number, to: number) => Buffer.from(content).fill(0, from, to);
const flipped = (content: Buffer, at: number) => {
  const copy = Buffer.from(content);
  copy[at] = (copy[at] as number) ^ 0x80;
  return copy;
};

test('what is whole is taken', () => {
  write(withSums(7, code));
  expect(readCode(kept(), 7)).toEqual({ code });
  expect(readCode(path.join(directory, 'none'), 7)).toBeUndefined();
});

test.each<[string, (whole: Buffer) => Buffer]>([
  ['its tail is zero', (whole) => filled(whole, 12_288, whole.length)],
  ['a page in it is zero', (whole) => filled(whole, 4_096, 8_192)],
  ['a bit is another one', (whole) => flipped(whole, 9_999)],
  ['the last bit is another one', (whole) => flipped(whole, whole.length - 1)],
  ['its end is gone', (whole) => whole.subarray(0, 8_000)],
  ['all is zero', (whole) => filled(whole, 0, whole.length)],
  ['it is empty', () => Buffer.alloc(0)],
])('refused: %s', (_text, damage) => {
  write(damage(withSums(7, code)));
  expect(readCode(kept(), 7)).toMatchObject({ reason: 'is damaged', isUnsafe: false });
});

test('two changes of a high bit do not outweigh each other', () => {
  expect(sumOf(flipped(flipped(code, 3), 7))).not.toBe(sumOf(code));
});

test('refused: that of another text of the same length', () => {
  write(withSums(7, code));
  expect(readCode(kept(), 8)).toMatchObject({ reason: 'is that of another text' });
});

test('refused: what others can write, or have written', () => {
  write(withSums(7, code));
  fs.chmodSync(kept(), 0o620);
  expect(readCode(kept(), 7)).toMatchObject({ reason: 'is writable by other users', isUnsafe: true });
  fs.chmodSync(kept(), 0o600);
  const link = path.join(directory, 'link');
  fs.symlinkSync(kept(), link);
  expect(readCode(link, 7)).toMatchObject({ reason: 'is a symbolic link', isUnsafe: true });
  expect(readCode(directory, 7)).toMatchObject({ reason: 'is not a regular file', isUnsafe: true });
  if (process.geteuid?.() !== 0) return;
  fs.chownSync(kept(), 65_534, 65_534);
  expect(readCode(kept(), 7)).toMatchObject({ reason: 'belongs to uid 65534', isUnsafe: true });
});

test('what V8 refuses is removed', () => {
  const text = "({ 'main.js': function () {} })";
  fs.writeFileSync(path.join(directory, 'start.js'), text);
  write(withSums(sumOf(Buffer.from(text)), Buffer.alloc(4_096)));
  const files = { directory, start: 'start.js', code: kept() };
  const { refused } = openProgram(files, require, (url) => import(url));
  expect(refused).toMatchObject({ file: kept(), reason: 'is refused by V8' });
  expect(fs.existsSync(kept())).toBe(false);
});

test('a program begins with the code of its own text alone', () => {
  const text = (word: string) =>
    `({ 'main.js': function (module) { module.exports.say = () => '${word}'; } })`;
  const open = (word: string) => {
    fs.writeFileSync(path.join(directory, 'start.js'), text(word));
    const files = { directory, start: 'start.js', code: kept() };
    const program = openProgram(files, require, (url) => import(url));
    const { say } = program.require('./main.js') as { say: () => string };
    return { program, said: say() };
  };
  const first = open('one');
  keepCompiled(first.program, kept());
  expect(open('one').program).toMatchObject({ isCached: true, refused: undefined });
  // The same length: V8 itself does not see the difference.
  const edited = open('two');
  expect(edited.said).toBe('two');
  expect(edited.program).toMatchObject({ isCached: false, refused: { reason: 'is that of another text' } });
  expect(fs.existsSync(kept())).toBe(false);
});
