import { usableCpus } from './cpus.ts';

const within = (files: Record<string, string>) => usableCpus(8, (file) => files[file]);

test('without a quota it is what Node says', () => {
  expect(within({})).toBe(8);
  expect(within({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' })).toBe(8);
  const first = {
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  expect(within({ '/proc/self/cgroup': '3:cpu,cpuacct:/\n', ...first })).toBe(8);
});

test('the quota of a container counts, whole CPUs of it, and one at the least', () => {
  const quota = (text: string) => within({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': text });
  expect(quota('200000 100000\n')).toBe(2);
  expect(quota('250000 100000\n')).toBe(2);
  expect(quota('50000 100000\n')).toBe(1);
  expect(quota('6400000 100000\n')).toBe(8);
});

test('of nested groups the smallest', () => {
  const files = {
    '/proc/self/cgroup': '0::/user.slice/app.service\n',
    '/sys/fs/cgroup/user.slice/app.service/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/user.slice/cpu.max': '300000 100000\n',
  };
  expect(within(files)).toBe(3);
});

test('that of the first version of cgroups, also where a container sees its own as the root', () => {
  const group = (path: string) => ({
    [`/sys/fs/cgroup/cpu${path}cpu.cfs_quota_us`]: '100000\n',
    [`/sys/fs/cgroup/cpu${path}cpu.cfs_period_us`]: '50000\n',
  });
  const own = { '/proc/self/cgroup': '5:memory:/x\n2:cpu,cpuacct:/docker/abc\n0::/\n' };
  expect(within({ ...own, ...group('/docker/abc/') })).toBe(2);
  expect(within({ ...own, ...group('/') })).toBe(2);
});
