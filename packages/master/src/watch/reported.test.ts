import { brokenFile, reportedFiles } from './reported.ts';

it.each([
  [{ 'watch:require': ['/app/a.js', null] }, ['/app/a.js']],
  [{ 'watch:import': ['file:///app/with%20space.mjs?query=1'] }, ['/app/with space.mjs']],
  [{ 'watch:import': ['node:fs', 'data:text/javascript,0'] }, []],
  [{ 'watch:require': ['/app/a', '/app/a.js', '/app/a.json'] }, ['/app/a', '/app/a.js', '/app/a.json']],
])('Node reports %j', (message, files) => expect(reportedFiles(message)).toEqual(files));

it.each([
  [{ 'watch:require': 'text' }],
  [{ 'watch:require': [5, {}, 'relative.js', `/${'x'.repeat(9_000)}`, '/nul\0'] }],
  [{ 'watch:import': ['file://host/a.js', 'file:///a%2Fb'] }],
])('an app can send %j: no file is taken from it', (message) => expect(reportedFiles(message)).toEqual([]));

it('an app cannot name files without end', () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `/${n}`);
  expect(reportedFiles({ 'watch:require': names })).toHaveLength(64);
});

it.each([[null], ['text'], [{ type: 'x' }], [undefined]])('%j is a message of the app', (message) =>
  expect(reportedFiles(message)).toBeUndefined(),
);

it.each([
  ['/app/a.mjs:2\nexport x\n       ^', '/app/a.mjs'],
  ['file:///app/a%20b.mjs:12\nx', '/app/a b.mjs'],
  ['/app/a.mjs:2', '/app/a.mjs'],
  ['SyntaxError: nowhere', undefined],
  [undefined, undefined],
])('the parser complains %j', (excerpt, file) => expect(brokenFile(excerpt)).toBe(file));
