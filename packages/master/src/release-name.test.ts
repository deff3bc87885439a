import { type ReleaseFacts, releaseName } from './release-name.ts';

const COMMIT = 'c4213a2f00000000000000000000000000000000';
const PLAIN: ReleaseFacts = {
  given: undefined,
  cwd: '/srv/shop',
  appFile: '/srv/shop/app.js',
  links: [],
  git: {},
  version: undefined,
};

it.each<[name: string | undefined, why: string, facts: Partial<ReleaseFacts>]>([
  ['blue', 'a given name wins over all', { given: 'blue', cwd: '/srv/releases/7', git: { tag: 'v1' } }],
  ['20261129T1200', 'Capistrano', { cwd: '/srv/shop/releases/20261129T1200', git: { commit: COMMIT } }],
  ['7', 'a directory below the release', { cwd: '/srv/shop/releases/7/packages/api' }],
  ['7', 'the app alone is in a release', { cwd: '/srv', appFile: '/srv/releases/7/dist/app.js' }],
  [undefined, 'an app in a directory of that name', { appFile: '/srv/shop/releases/app.js' }],
  ['2', 'the inner one of two', { cwd: '/releases/1/releases/2' }],
  ['app-v1.4.2', 'a link to a directory', { links: [{ name: 'live', target: 'app-v1.4.2' }] }],
  ['blue', 'a link called current', { links: [{ name: 'current', target: 'blue' }] }],
  [
    'c4213a2',
    'a link to another disk',
    { links: [{ name: 'shop', target: 'data' }], git: { commit: COMMIT } },
  ],
  [undefined, 'a link from /tmp to /private/tmp', { links: [{ name: 'tmp2', target: 'tmp2' }] }],
  [
    'v2',
    'the last link',
    {
      links: [
        { name: 'current', target: 'v2' },
        { name: 'srv', target: 'disk1' },
      ],
    },
  ],
  ['v1.4.2', 'a tag', { git: { commit: COMMIT, tag: 'v1.4.2' }, version: '1.4.1' }],
  ['c4213a2', 'a commit', { git: { commit: COMMIT }, version: '1.4.1' }],
  ['1.4.1', 'a version', { version: '1.4.1' }],
  [undefined, 'a version that nobody has set', { version: '0.0.0' }],
  [undefined, 'nothing', {}],
  ['a-b-c', 'blanks and control characters', { cwd: '/releases/a b\n\u0007c' }],
  ['x'.repeat(100), 'a very long name', { cwd: `/releases/${'x'.repeat(200)}` }],
])('the name is %s: %s', (name, _, facts) => {
  expect(releaseName({ ...PLAIN, ...facts })).toBe(name);
});
