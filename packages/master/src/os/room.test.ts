import { threadTimes } from './proc.ts';
import { freeBytes } from './room.ts';

const files = (content: Record<string, string>) => (path: string) => content[path];

test('how long a thread has run, and stood in the queue for a CPU', () => {
  const read = files({ '/proc/7/schedstat': '120000000 80000000 42\n' });
  expect(threadTimes(7, read)).toEqual({ ranMs: 120, waitedMs: 80 });
  expect(threadTimes(7, files({}))).toBeUndefined();
  expect(threadTimes(undefined)).toBeUndefined();
});

test('free memory is that of the machine, and no more than the control group has left', () => {
  const machine = { '/proc/meminfo': 'MemTotal: 16000000 kB\nMemAvailable:    1024 kB\n' };
  expect(freeBytes(files(machine))).toBe(1024 ** 2);
  const group = {
    '/proc/self/cgroup': '0::/app\n',
    '/sys/fs/cgroup/app/memory.max': '1000000\n',
    '/sys/fs/cgroup/app/memory.current': '800000\n',
    '/sys/fs/cgroup/app/memory.stat': 'inactive_file 100000\nactive_file 0\n',
  };
  expect(freeBytes(files({ ...machine, ...group }))).toBe(300_000);
  expect(freeBytes(files({}))).toBeUndefined();
});
