import { describeChange, isWatched } from './names.ts';

it.each([
  ['/app/src/a.js', true],
  ['/app/node_modules/p/index.js', false],
  ['/packages/linked/index.js', true],
  ['/tshorn/dist/worker.js', false],
])('%s is watched: %s', (file, watched) => expect(isWatched(file, '/tshorn/dist/')).toBe(watched));

it.each([
  [['/app/src/a.js'], 'changed src/a.js'],
  [['/app/src/long.js', '/app/a.js', '/app/src/b.js'], 'changed a.js (+2 more)'],
  [['/packages/linked/index.js'], 'changed ../packages/linked/index.js'],
  [['/etc/app/one.env'], 'changed /etc/app/one.env'],
  [['/app/two\nlines\u001b[31m.js'], 'changed two lines[31m.js'],
])('%j: %s', (files, text) => {
  const cwd = text.includes('/etc') ? '/srv/www/app' : '/app';
  expect(describeChange(files, cwd)).toBe(text);
});
