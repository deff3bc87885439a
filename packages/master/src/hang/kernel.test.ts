import { spawn } from 'node:child_process';
import { kernelView } from './kernel.ts';
import { systemCallName } from './system-calls.ts';

const linux = process.platform === 'linux' ? test : test.skip;

linux('a process is told with its children, the newest first', async () => {
  const child = spawn('sleep', ['20'], { stdio: 'ignore' });
  try {
    const view = kernelView(process.pid);
    expect(view?.children[0]).toMatchObject({ pid: child.pid });
    expect(view?.cpuMs).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});

linux('a process that is not there is told by nothing', () => {
  expect(kernelView(2 ** 30)).toBeUndefined();
});

test('system calls are told by name where they are common', () => {
  expect(systemCallName(232, 'x64')).toBe('epoll_wait');
  expect(systemCallName(22, 'arm64')).toBe('epoll_pwait');
  expect(systemCallName(9_999, 'x64')).toBe('system call 9999');
  expect(systemCallName(1, 'riscv64')).toBe('system call 1');
});
