import { pathOf, readOpenRequests } from './open-request.ts';

test('a path is told without query, fragment, host and password', () => {
  expect(pathOf('/a/b?token=secret')).toBe('/a/b');
  expect(pathOf('/a#b')).toBe('/a');
  expect(pathOf('http://me:secret@host/a?b=c')).toBe('/a');
  expect(pathOf('http://host?b=c')).toBe('/');
});

test('a path cannot write to a terminal, and has an end', () => {
  expect(pathOf('/\u001b[31m\n')).toBe('/?[31m?');
  expect(pathOf(`/${'a'.repeat(5_000)}`)).toHaveLength(203);
});

test('what an app sends in the place of requests is left out', () => {
  const good = { method: 'GET', path: '/a?b', ageMs: 12.4, answering: false };
  expect(readOpenRequests([good, null, 7, { method: 'GET' }, { ...good, ageMs: Number.NaN }])).toEqual([
    { method: 'GET', path: '/a', ageMs: 12, answering: false },
  ]);
  expect(readOpenRequests({ length: 3 })).toEqual([]);
  expect(readOpenRequests(Array(1_000).fill(good))).toHaveLength(20);
});
