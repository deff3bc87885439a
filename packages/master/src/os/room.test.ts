import { wantedCpuMs } from './proc.ts';
import { freeBytes } from './room.ts';

const files = (content: Record<string, string>) => (path: string) => content[path];

test('time that a thread waits for a CPU is time that it wants', () => {
  expect(wantedCpuMs(7, files({ '/proc/7/schedstat': '120000000 80000000 42\n' }))).toBe(200);
  expect(wantedCpuMs(7, files({}))).toBeUndefined();
  expect(wantedCpuMs(undefined)).toBeUndefined();
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
