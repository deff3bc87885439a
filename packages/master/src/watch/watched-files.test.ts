import { WatchedFiles } from './watched-files.ts';

const of = (...entries: [string, number][]) => {
  const files = new WatchedFiles();
  for (const [file, generation] of entries) {
    files.add(file, generation);
    files.know(file, { stamp: '1' });
  }
  return files;
};

it('a file that is loaded again keeps what is known of it', () => {
  const files = of(['/a/x.js', 1]);
  expect(files.add('/a/x.js', 2)).toBe(false);
  expect(files.fingerprintOf('/a/x.js')).toEqual({ stamp: '1' });
});

it('a commit forgets what only older generations have loaded, and their directories', () => {
  const files = of(['/a/x.js', 1], ['/b/y.js', 1], ['/a/z.js', 2]);
  files.add('/a/x.js', 2);
  files.forgetBefore(2);
  expect(files.in('/a')).toEqual(['/a/x.js', '/a/z.js']);
  expect([...files.directories]).toEqual(['/a']);
});

it('the files of a pattern stay through every commit, until the patterns change', () => {
  const files = of(['/a/x.html', Number.POSITIVE_INFINITY], ['/a/y.js', 7]);
  files.forgetBefore(7);
  expect(files.in('/a')).toHaveLength(2);
  files.forgetFrom(Number.POSITIVE_INFINITY);
  expect(files.in('/a')).toEqual(['/a/y.js']);
});

it('the content of each file is asked for once', () => {
  const files = of(['/a/x.js', 1], ['/a/y.js', 1]);
  expect([files.nextUnread()?.path, files.nextUnread()?.path, files.nextUnread()]).toEqual([
    '/a/x.js',
    '/a/y.js',
    undefined,
  ]);
});
