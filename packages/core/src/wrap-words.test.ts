import { wrapError, wrapWords } from './wrap-words.ts';

it.each([
  ['a b c', 3, ['a b', 'c']],
  ['a /very/long/path b', 6, ['a', '/very/long/path', 'b']],
  ['', 6, ['']],
])('%j in %d columns', (text, width, lines) => expect(wrapWords(text, width)).toEqual(lines));

test('an error on a terminal is wrapped at words, and an excerpt stays as it came', () => {
  const excerpt = `  | ${'x y '.repeat(10)}`;
  const error = `tshorn: no file here\n  fix: create the file or name another\n${excerpt}`;
  expect(wrapError(error, 30)).toBe(
    `tshorn: no file here\n  fix: create the file\n       or name another\n${excerpt}`,
  );
});
