import { asksFor, originForm } from './target.ts';

test.each([
  ['/a?b=c', '/a?b=c'],
  ['http://example.com/a?b=c', '/a?b=c'],
  ['HTTPS://user@[::1]:8443', '/'],
  ['http://example.com?b=/c', '/?b=/c'],
  ['//a/b', '//a/b'],
  ['*', '*'],
  ['example.com:443', 'example.com:443'],
  ['', ''],
])('%s asks for %s', (target, expected) => {
  expect(originForm(target)).toBe(expected);
});

test.each([
  ['/healthz', true],
  ['/healthz?x', true],
  ['http://example.com/healthz', true],
  ['http://example.com/healthz?x', true],
  ['/healthz/x', false],
  ['http://example.com/x/healthz', false],
])('%s is a path that is left out: %s', (target, expected) => {
  expect(asksFor(['/metrics', '/healthz'], target)).toBe(expected);
});
