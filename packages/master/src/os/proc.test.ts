import { spawn } from 'node:child_process';
import { childrenOf, isAlive, residentBytes, startTimeOf, statOf, threadsOf, wordsOf } from './proc.ts';

const linux = process.platform === 'linux' ? test : test.skip;
const NOBODY = 2 ** 30;

test('the fields of a process are found behind any name', () => {
  const rest = 'Z 1 7 7 0 -1 4 0 0 0 0 30 12 0 0 20 0 1 0 500 0 0';
  for (const name of ['node', 'a (b) S 1 c', ') (', 'two\nlines'])
    expect(statOf(7, () => `7 (${name}) ${rest}\n`)).toEqual({
      name,
      state: 'Z',
      cpuMs: 420,
      startedAtMs: 5_000,
    });
  expect(statOf(7, () => undefined)).toBeUndefined();
});

linux('a live process is described', () => {
  const { pid } = process;
  expect(isAlive(pid)).toBe(true);
  expect(statOf('self')?.cpuMs).toBeGreaterThan(0);
  expect(wordsOf(pid)?.[0]).toContain('node');
  expect(threadsOf(pid)).toContain(pid);
  expect(residentBytes(pid)).toBeGreaterThan(1024 * 1024);
  const age = Date.now() - (startTimeOf(pid) ?? 0);
  expect(Math.abs(age / 1_000 - process.uptime())).toBeLessThan(5);
});

linux('its children are listed', () => {
  const child = spawn('sleep', ['20'], { stdio: 'ignore' });
  try {
    expect(threadsOf(process.pid).flatMap((thread) => childrenOf(process.pid, thread))).toContain(child.pid);
  } finally {
    child.kill('SIGKILL');
  }
});

test('of a process that is gone nothing is known', () => {
  expect([isAlive(NOBODY), statOf(NOBODY), wordsOf(NOBODY), startTimeOf(NOBODY)]).toEqual([
    false,
    undefined,
    undefined,
    undefined,
  ]);
  expect([residentBytes(NOBODY), threadsOf(NOBODY), childrenOf(NOBODY)]).toEqual([undefined, [], []]);
});
