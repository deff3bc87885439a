import { EXPLANATION_MS, endWorker } from './ending.ts';
import { Hangs } from './hang/hangs.ts';
import type { Logger } from './log.ts';

const mortal = () => ({ kill: jest.fn() });
const unhandled: unknown[] = [];
const remember = (reason: unknown) => unhandled.push(reason);
beforeAll(() => process.on('unhandledRejection', remember));
afterAll(() => process.off('unhandledRejection', remember));
/** Node reports a rejection that nobody handles after all microtasks. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('a worker with nothing to explain is killed at once', () => {
  for (const explain of [undefined, () => undefined]) {
    const worker = mortal();
    endWorker(worker, explain);
    expect(worker.kill).toHaveBeenCalledTimes(1);
  }
});

test('a worker is killed as soon as it is explained, once', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  const worker = mortal();
  let explained = () => {};
  endWorker(worker, () => new Promise<void>((resolve) => (explained = resolve)));
  expect(worker.kill).not.toHaveBeenCalled();
  explained();
  await nextTurn();
  expect(worker.kill).toHaveBeenCalledTimes(1);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('an explanation that throws or rejects costs no kill', async () => {
  const worker = mortal();
  endWorker(worker, () => {
    throw new Error('no explanation');
  });
  expect(worker.kill).toHaveBeenCalledTimes(1);
  endWorker(worker, () => Promise.reject(new Error('no explanation')));
  await nextTurn();
  expect(worker.kill).toHaveBeenCalledTimes(2);
  expect(unhandled).toEqual([]);
});

test('an explanation that stalls delays the kill by a second at most', () => {
  jest.useFakeTimers();
  const worker = mortal();
  endWorker(worker, () => new Promise(() => {}));
  jest.advanceTimersByTime(EXPLANATION_MS - 1);
  expect(worker.kill).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(worker.kill).toHaveBeenCalledTimes(1);
  jest.useRealTimers();
});

test('a log that cannot be written costs neither the kill nor the master', async () => {
  const error = () => {
    throw new Error('ENOSPC');
  };
  const hangs = new Hangs({
    log: { error } as unknown as Logger,
    own: '/opt/tshorn/',
    onHung: () => {},
    takesRescued: () => true,
  });
  const killed = new Promise<void>((resolve) => {
    const handle = {
      pid: 2 ** 30,
      connected: true,
      inspector: {} as never,
      openInspector() {},
      kill: resolve,
    };
    hangs.add(1, {
      identity: { slot: 0, generation: 1 },
      cwd: '/',
      timeoutMs: 0,
      inspectorDisabled: 'disable-sigusr1',
      handle,
    });
    endWorker(handle, () => hangs.explain(1, 'hung'));
  });
  await killed;
  await nextTurn();
  expect(unhandled).toEqual([]);
});
