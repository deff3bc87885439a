import { stateText } from './state.ts';

test.each([
  [undefined, ''],
  [null, 'null'],
  [{ n: 5, rooms: ['a'] }, '{"n":5,"rooms":["a"]}'],
  ['text', '"text"'],
])('%j is sent as %j', (state, text) => {
  expect(stateText(state)).toBe(text);
});

test.each([
  ['a promise', Promise.resolve({}), 'the state is a promise'],
  ['a function', () => {}, 'the state is a function, which JSON cannot express'],
  [
    'more than is allowed',
    { text: 'é'.repeat(50) },
    'the state is 111 bytes as JSON, more than maxState allows (100)',
  ],
])('%s is refused with a sentence', (_, state, sentence) => {
  expect(() => stateText(state, 100)).toThrow(sentence);
});
