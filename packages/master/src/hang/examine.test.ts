import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Door, WatchedWorker } from './door.ts';
import { examine } from './examine.ts';
import { kernelView } from './kernel-view.ts';

const linux = process.platform === 'linux' ? test : test.skip;

let child: ChildProcess;
beforeEach(async () => {
  child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  child.kill('SIGSTOP');
  while (kernelView(child.pid as number)?.state !== 'T') await new Promise(setImmediate);
});
afterEach(() => child.kill('SIGKILL'));

function examined() {
  const open = jest.fn(async () => undefined);
  const worker = { handle: { pid: child.pid } } as unknown as WatchedWorker;
  const patience = { openMs: 0, until: performance.now() + 60_000 };
  return { open, found: examine(worker, { open } as unknown as Door, patience) };
}

linux('a process that is stopped, and stays so, is not asked', async () => {
  const { open, found } = examined();
  expect((await found).findings.kernel?.state).toBe('T');
  expect(open).not.toHaveBeenCalled();
});

linux('a process that was stopped, and runs again in time, is asked like any other', async () => {
  const { open, found } = examined();
  child.kill('SIGCONT');
  expect((await found).findings.kernel?.state).not.toBe('T');
  expect(open).toHaveBeenCalledTimes(1);
});
