import { wrapWords } from './wrap-words.ts';

it.each([
  ['a b c', 3, ['a b', 'c']],
  ['a /very/long/path b', 6, ['a', '/very/long/path', 'b']],
  ['', 6, ['']],
])('%j in %d columns', (text, width, lines) => expect(wrapWords(text, width)).toEqual(lines));
