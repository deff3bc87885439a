import { ignoring, parseGlob } from './glob.ts';

it.each([
  ['/a/views/*.html', '/a/views/x.html', true],
  ['/a/views/*.html', '/a/views/b/x.html', false],
  ['/a/views/*.html', '/a/views/.x.html', false],
  ['/a/views/*.html', '/a/views/xhtml', false],
  ['/a/**/*.html', '/a/x.html', true],
  ['/a/**/*.html', '/a/b/c/x.html', true],
  ['/a/**/*.html', '/b/x.html', false],
  ['/a/**/*.html', '/a/node_modules/p/x.html', false],
  ['/a/node_modules/p/**', '/a/node_modules/p/x.js', true],
  ['/a/**', '/a/b/x', true],
  ['/a/**', '/a/.git/x', false],
  ['/a/b?/[xy].{js,ts}', '/a/b1/x.ts', true],
  ['/a/b?/[xy].{js,ts}', '/a/b1/z.ts', false],
  ['/a/[!x].js', '/a/y.js', true],
  ['/a/[!x].js', '/a/x.js', false],
  ['/a/[!x]y', '/a//y', false],
  ['/a/[z-a]', '/a/[z-a]', true],
  ['/a/x+(1).js', '/a/x+(1).js', true],
  ['/a/.env*', '/a/.env.local', true],
  ['/a/views', '/a/views/b/x.html', true],
  ['/a/views', '/a/views/.git/x', false],
  ['/a/views', '/a/views2/x', false],
  ['/a/one.txt', '/a/one.txt', true],
  ['/a/\\[b\\]/*.txt', '/a/[b]/x.txt', true],
  ['/a/\\[b\\]', '/a/[b]/x.txt', true],
  ['/*.txt', '/one.txt', true],
])('%s and %s: %s', (pattern, file, matches) => expect(parseGlob(pattern).matches(file)).toBe(matches));

it.each([
  ['/a/**/x.js', '/a/b/c', true],
  ['/a/**/x.js', '/a', true],
  ['/a/**/x.js', '/a/node_modules', false],
  ['/a/*/c/x.js', '/a/b', true],
  ['/a/*/c/x.js', '/a/b/c', true],
  ['/a/*/c/x.js', '/a/b/d', false],
  ['/a/*.js', '/a/b', false],
  ['/a/views', '/a/views/b', true],
])('%s may have a match in %s: %s', (pattern, directory, may) =>
  expect(parseGlob(pattern).mayHold(directory)).toBe(may),
);

it('a pattern begins to look in the deepest directory that it names', () => {
  expect(parseGlob('/a/b/*.js').base).toBe('/a/b');
  expect(parseGlob('/a/b/c').base).toBe('/a/b/c');
  expect(parseGlob('/**').base).toBe('/');
  expect(parseGlob('/a/\\[b\\]/*.js').base).toBe('/a/[b]');
});

it.each([
  ['*.log', '/a/b/x.log', true],
  ['dist', '/a/dist/x.js', true],
  ['dist', '/a/distant/x.js', false],
  ['/a/tmp/**', '/a/tmp/x/y.js', true],
  ['/a/tmp', '/a/tmp/x/y.js', true],
  ['/a/*/gen', '/a/b/gen/x.js', true],
])('--watch-ignore %s and %s: %s', (pattern, file, ignored) =>
  expect(ignoring([pattern])(file)).toBe(ignored),
);
