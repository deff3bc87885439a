import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gitHead, tagOf } from './git-head.ts';
import { changeSince, contentOf, releaseFacts } from './release-facts.ts';

const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
let home: string;

beforeEach(() => {
  home = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

const commitIn = (directory = '.') => gitHead(path.join(home, directory))?.commit;
const tagIn = (directory = '.') => {
  const head = gitHead(path.join(home, directory));
  return head && tagOf(head);
};

test('a branch leads to its commit, loose or packed, also from a directory below', () => {
  write({ '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${ONE}\n`, 'src/a/app.js': '' });
  expect(commitIn('src/a')).toBe(ONE);
  fs.rmSync(path.join(home, '.git/refs/heads/main'));
  expect(commitIn()).toBeUndefined();
  write({ '.git/packed-refs': `# pack-refs with: peeled\n${TWO} refs/heads/main\n` });
  expect(commitIn()).toBe(TWO);
});

test('a detached HEAD has a tag: loose, or packed and annotated', () => {
  write({ '.git/HEAD': `${ONE}\n`, '.git/refs/tags/v1': `${ONE}\n`, '.git/refs/tags/v0': `${TWO}\n` });
  expect(tagIn()).toBe('v1');
  write({ '.git/packed-refs': `${TWO} refs/tags/v2\n^${ONE}\n` });
  expect(tagIn()).toBe('v2');
});

test('a worktree has a HEAD of its own, and the refs of its repository', () => {
  write({
    'main/.git/HEAD': 'ref: refs/heads/main\n',
    'main/.git/refs/heads/main': ONE,
    'main/.git/refs/heads/fix': TWO,
    'main/.git/worktrees/wt/HEAD': 'ref: refs/heads/fix\n',
    'main/.git/worktrees/wt/commondir': '../..\n',
    'wt/.git': `gitdir: ${home}/main/.git/worktrees/wt\n`,
  });
  expect([commitIn('main'), commitIn('wt')]).toEqual([ONE, TWO]);
});

test.each([
  ['a reftable', { '.git/HEAD': 'ref: refs/heads/.invalid\n' }],
  ['no HEAD', { '.git/config': '' }],
  ['a HEAD that is no commit', { '.git/HEAD': 'something\n' }],
  ['a huge HEAD', { '.git/HEAD': ONE + ' '.repeat(2_000_000) }],
  ['a .git that leads nowhere', { '.git': 'gitdir: nowhere\n' }],
])('what cannot be read has no commit: %s', (_, files) => {
  write(files);
  expect(commitIn()).toBeUndefined();
});

test('the links on the path of the app are found, the last one first, and the nearest version', () => {
  write({ 'v2/app.js': '', 'v2/package.json': '{"version":"2.1.0"}' });
  fs.symlinkSync('v2', path.join(home, 'current'));
  fs.symlinkSync('current/app.js', path.join(home, 'file.js'));
  const place = { cwd: home, appFile: path.join(home, 'v2/app.js') };
  const { links, version } = releaseFacts(place, undefined, path.join(home, 'current/app.js'));
  expect(links[0]).toEqual({ name: 'current', target: 'v2' });
  expect(version).toBe('2.1.0');
  const ofFile = releaseFacts(place, undefined, path.join(home, 'file.js')).links;
  expect(ofFile.map(({ name }) => name)).not.toContain('file.js');
});

test('a path of the app that is no file has no links', () => {
  const place = { cwd: home, appFile: path.join(home, 'node_modules/next/bin.js') };
  expect(releaseFacts(place, undefined, path.join(home, 'next')).git).toEqual({});
});

test('a file that is written to, another commit and another version are changes', () => {
  write({ 'app.js': '1', '.git/HEAD': ONE, 'package.json': '{"version":"1.0.0"}' });
  const place = { cwd: home, appFile: path.join(home, 'app.js') };
  const content = contentOf(place);
  expect(changeSince(content, place)).toBeUndefined();
  write({ '.git/HEAD': TWO });
  expect(changeSince(content, place)).toBe(`another commit is checked out in ${home}`);
  write({ '.git/HEAD': ONE, 'package.json': '{"version":"1.1.0"}' });
  expect(changeSince(content, place)).toBe('the version in package.json has changed from 1.0.0 to 1.1.0');
  write({ 'app.js': '22' });
  expect(changeSince(content, place)).toBe(`${home}/app.js has changed`);
});
