import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Release, whyLost } from './release.ts';
import { contentOf } from './release-facts.ts';
import { releaseList } from './release-list.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  fs.writeFileSync(path.join(cwd, 'app.js'), '');
});
afterEach(() => fs.rmSync(cwd, { recursive: true, force: true }));

let reads = 0;
/** A release that is read now. */
function read(name: string | undefined): Release {
  const place = { cwd, appFile: path.join(cwd, 'app.js') };
  return { ...place, name, readAt: ++reads, content: contentOf(place) } as unknown as Release;
}

test('one name over another in the same directory: the code of the first is there no more', () => {
  const [first, second] = [read('v1'), read('v2')];
  expect(whyLost(first, [first, second])).toBe(`v2 was deployed into ${cwd}`);
  expect(whyLost(second, [first, second])).toBeUndefined();
});

test('a release whose settings alone have changed keeps its name, and is there', () => {
  const [first, second, nameless] = [read('v1'), read('v1'), read(undefined)];
  expect(whyLost(first, [first, second, nameless])).toBeUndefined();
  expect(whyLost(nameless, [first, second, read('v3')])).toBeUndefined();
});

test('two names of one commit are one code', () => {
  fs.mkdirSync(path.join(cwd, '.git'));
  fs.writeFileSync(path.join(cwd, '.git/HEAD'), 'a'.repeat(40));
  const first = read('aaaaaaa');
  expect(whyLost(first, [first, read('v1')])).toBeUndefined();
});

test('a release that serves while its directory is gone says so', () => {
  const serving = read('v1');
  const started = {
    generation: 1,
    outcome: 'committed',
    by: 'start',
    at: '',
    replaced: 0,
    tookMs: 1,
  } as const;
  const list = () => releaseList({ releases: [{ generation: 1, origin: 1 }] }, [started], () => serving);
  expect(list()).toEqual([expect.not.objectContaining({ gone: expect.anything() })]);
  fs.rmSync(cwd, { recursive: true });
  expect(list()).toMatchObject([
    { state: 'serves', gone: `${cwd} is gone: no worker of it can be started again` },
  ]);
});

test('the list says what has become of each release', () => {
  const known = [undefined, read('v1'), read('v2')];
  const releases = [2, 1].map((generation) => ({ generation, origin: generation }));
  const history = [1, 2].map(
    (generation) => ({ generation, outcome: 'committed', by: 'x', at: '', replaced: 1, tookMs: 1 }) as const,
  );
  const list = releaseList({ releases }, history, (generation) => known[generation]);
  expect(list).toMatchObject([
    { generation: 2, state: 'serves' },
    { generation: 1, state: 'gone', gone: `v2 was deployed into ${cwd}` },
  ]);
});
