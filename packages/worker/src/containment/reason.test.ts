import { reasonOf } from './reason.ts';

const wrapped = (reason: string): Error =>
  Object.assign(
    new Error(
      `This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "${reason}".`,
    ),
    { code: 'ERR_UNHANDLED_REJECTION' },
  );

test.each([
  [new TypeError('x is not a function'), 'uncaught TypeError: x is not a function'],
  ['no such user', 'threw the string "no such user"'],
  [undefined, 'threw undefined'],
  [null, 'threw null'],
  [{ a: 1 }, 'threw the object {"a":1}'],
  [wrapped('undefined'), 'rejected a promise with "undefined"'],
  [wrapped('two\nlines'), 'rejected a promise with "two lines"'],
])('%p is told as: %s', (thrown, reason) => {
  expect(reasonOf(thrown)).toBe(reason);
});

test('a long text is cut', () => {
  expect(reasonOf(new Error('x'.repeat(1_000)))).toMatch(/^uncaught Error: x{180,190}\.\.\.$/);
});
