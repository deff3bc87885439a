import type { Release } from '../release.ts';
import { bringsBackByReExec, readReplaced, replacedOf } from './replaced.ts';

const release = (name: string | undefined, commit?: string) =>
  ({ name, appFile: '/srv/app.js', cwd: '/srv', content: { file: '1', commit } }) as unknown as Release;
/** As it comes through the environment. */
const told = (of: Release) => readReplaced(JSON.parse(JSON.stringify(replacedOf(of, 'tshorn rollback'))));

test('a re-exec that brings the release again that a rollback has replaced says so', () => {
  expect(bringsBackByReExec(release('v2', 'b'), told(release('v2', 'a')))).toContain(
    'brings v2 again, which tshorn rollback has replaced by an older release',
  );
  expect(bringsBackByReExec(release(undefined), told(release(undefined)))).toContain('/srv/app.js again');
});

test('a re-exec that brings another one says nothing', () => {
  expect(bringsBackByReExec(release('v3'), told(release('v2')))).toBeUndefined();
  expect(bringsBackByReExec(release(undefined, 'b'), told(release(undefined, 'a')))).toBeUndefined();
  expect(bringsBackByReExec(release('v2'), undefined)).toBeUndefined();
});

test.each([undefined, null, 7, {}, { by: 1, files: '' }, { by: 'x' }])(
  'what is no such thing is none: %j',
  (value) => expect(readReplaced(value)).toBeUndefined(),
);
