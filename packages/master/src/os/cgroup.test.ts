import { groupMemory, memoryLimit, type ReadText } from '@tshorn/core';
import { OomKills, oomKillCount } from './cgroup.ts';

const GB = 1024 ** 3;
const files =
  (map: Record<string, string>): ReadText =>
  (file) =>
    map[file];

describe('cgroup v2', () => {
  const own = { '/proc/self/cgroup': '0::/system.slice/app.service\n' };
  const directory = '/sys/fs/cgroup/system.slice';

  it('takes the smallest limit on the way up', () => {
    const read = files({
      ...own,
      [`${directory}/app.service/memory.max`]: 'max\n',
      [`${directory}/memory.max`]: `${2 * GB}\n`,
    });
    expect(memoryLimit(8 * GB, read)).toBe(2 * GB);
    const both = files({
      ...own,
      [`${directory}/app.service/memory.max`]: `${GB}\n`,
      [`${directory}/memory.max`]: `${2 * GB}\n`,
    });
    expect(memoryLimit(8 * GB, both)).toBe(GB);
  });

  it('knows no limit where there is none, or one beyond the machine', () => {
    expect(memoryLimit(8 * GB, files(own))).toBeUndefined();
    expect(memoryLimit(8 * GB, files({ ...own, [`${directory}/memory.max`]: `${9 * GB}` }))).toBeUndefined();
    expect(memoryLimit(8 * GB, files({}))).toBeUndefined();
  });

  it('finds the limit of a container, whose path is of another namespace', () => {
    const read = files({ ...own, '/sys/fs/cgroup/memory.max': `${GB}` });
    expect(memoryLimit(8 * GB, read)).toBe(GB);
  });

  it('reads the kills of the own group', () => {
    const events = 'low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 0\n';
    expect(oomKillCount(files({ ...own, [`${directory}/app.service/memory.events`]: events }))).toBe(2);
    expect(oomKillCount(files(own))).toBeUndefined();
  });
});

it('reads cgroup v1, also beside an empty v2', () => {
  const read = files({
    '/proc/self/cgroup': '8:pids:/x\n4:cpu,memory:/docker/abc\n0::/\n',
    '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '536870912\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/docker/abc/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
  });
  expect(memoryLimit(8 * GB, read)).toBe(GB / 2);
  expect(oomKillCount(read)).toBe(1);
});

it('names one worker for each kill, also when two are told of at once', () => {
  let count = 3;
  const kills = new OomKills(() => count);
  expect(kills.claim(0)).toBe(false);
  count = 5;
  expect([kills.claim(10), kills.claim(11), kills.claim(12)]).toEqual([true, true, false]);
});

it('does not blame a later end on a kill that was of something else', () => {
  let count = 0;
  const kills = new OomKills(() => count);
  count = 2;
  expect(kills.claim(10)).toBe(true);
  expect(kills.claim(60_000)).toBe(false);
});

it('claims nothing where nobody counts', () => {
  expect(new OomKills(() => undefined).claim(0)).toBe(false);
});

describe('the memory of the group', () => {
  const MB = 1024 ** 2;

  it('is that of the fullest group with a limit, without what the kernel can take back', () => {
    const group = (path: string, limit: string, used: number, file: number) => ({
      [`/sys/fs/cgroup${path}memory.max`]: limit,
      [`/sys/fs/cgroup${path}memory.current`]: `${used * MB}\n`,
      [`/sys/fs/cgroup${path}memory.stat`]: `anon 1\ninactive_file ${file * MB}\nactive_file ${MB}\nslab_reclaimable ${MB}\nslab ${9 * MB}\n`,
    });
    const read = files({
      '/proc/self/cgroup': '0::/pod/app\n',
      ...group('/pod/app/', `${512 * MB}\n`, 500, 98),
      ...group('/pod/', `${1024 * MB}\n`, 1000, 98),
      ...group('/', 'max\n', 7000, 0),
    });
    expect(groupMemory(8 * GB, read)).toEqual({ used: 900 * MB, limit: GB });
  });

  it('is read from cgroup v1 as well', () => {
    const read = files({
      '/proc/self/cgroup': '4:memory:/docker/abc\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${512 * MB}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${500 * MB}\n`,
      '/sys/fs/cgroup/memory/memory.stat': `inactive_file 5\ntotal_inactive_file ${90 * MB}\ntotal_active_file ${10 * MB}\n`,
    });
    expect(groupMemory(8 * GB, read)).toEqual({ used: 400 * MB, limit: 512 * MB });
  });

  it('is unknown without a limit', () => {
    expect(groupMemory(8 * GB, files({ '/proc/self/cgroup': '0::/\n' }))).toBeUndefined();
    expect(groupMemory(8 * GB, files({}))).toBeUndefined();
  });
});
