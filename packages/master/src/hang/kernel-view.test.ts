import { spawn } from 'node:child_process';
import { kernelView } from './kernel-view.ts';

const linux = process.platform === 'linux' ? test : test.skip;

linux('a process is described with its children, the newest first', async () => {
  const child = spawn('sleep', ['20'], { stdio: 'ignore' });
  try {
    const view = kernelView(process.pid);
    expect(view?.children[0]).toMatchObject({ pid: child.pid });
    expect(view?.cpuMs).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('of a process that has ended nothing is known', () => {
  expect(kernelView(2 ** 30)).toBeUndefined();
});
