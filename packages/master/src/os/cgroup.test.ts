import { memoryLimit, type ReadText } from '@tshorn/core';
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
