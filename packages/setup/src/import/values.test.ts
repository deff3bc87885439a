import { numberOf, wordsOf } from './values.ts';

it.each([
  ['--a --b', ['--a', '--b']],
  ['--title "two words" \'three more words\'', ['--title', 'two words', 'three more words']],
  ['--title="two words"', ['--title="two words"']],
  [' ', []],
  [
    ['--a', 'b c', 3, null],
    ['--a', 'b c', '3'],
  ],
  [5, ['5']],
  [undefined, []],
  [{}, []],
])('words are those that PM2 makes of %j', (given, words) => {
  expect(wordsOf(given)).toEqual(words);
});

it('a number may be a text', () => {
  expect(['5000', 5000, ' 7 ', '', 'x', true, null, Number.NaN].map(numberOf)).toEqual([
    5000,
    5000,
    7,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
