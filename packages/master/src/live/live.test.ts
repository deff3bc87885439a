import { Registry } from '../metrics/registry.ts';
import type { MasterStatus } from '../status.ts';
import { Live } from './live.ts';
import { PastReloads } from './past-reloads.ts';
import { RecentCounts } from './recent-counts.ts';

const STATUS = { workers: [], listeners: [], memory: 1, pid: 1 } as unknown as MasterStatus;

let overflows: number | undefined;
let failures: string[];
let live: Live;

beforeEach(() => {
  jest.useFakeTimers();
  overflows = 2;
  failures = [];
  const registry = new Registry();
  live = new Live(
    {
      status: () => STATUS,
      canServe: () => true,
      serialOf: () => undefined,
      listeners: () => [],
      failed: (text) => void failures.push(text),
    },
    {
      registry,
      recent: new RecentCounts(registry),
      reloads: new PastReloads(
        () => true,
        () => 'start',
      ),
      queues: { now: () => ({ queues: [], ...(overflows !== undefined && { overflows }) }) },
    },
  );
});
afterEach(() => jest.useRealTimers());

test('snapshots are made while somebody listens, and then no more', () => {
  const snapshot = jest.fn();
  const end = live.listen({ snapshot });
  jest.advanceTimersByTime(2_000);
  expect(snapshot).toHaveBeenCalledTimes(2);
  end();
  expect(jest.getTimerCount()).toBe(0);
});

test('a listener that fails is dropped and named, costs the others nothing, and the last one ends the timer', () => {
  const snapshot = jest.fn();
  const end = live.listen({ snapshot });
  live.listen({
    snapshot: () => {
      throw new Error('the reader is broken');
    },
  });
  jest.advanceTimersByTime(2_000);
  expect(snapshot).toHaveBeenCalledTimes(2);
  expect(failures).toEqual([expect.stringContaining('the reader is broken')]);
  end();
  live.listen({
    snapshot: () => {
      throw new Error('the last one too');
    },
  });
  jest.advanceTimersByTime(1_000);
  expect(live.listeners).toBe(0);
  expect(jest.getTimerCount()).toBe(0);
});

test('connections that the kernel has refused are told where it tells them', () => {
  expect(live.snapshot().totals.overflows).toBe(2);
  overflows = undefined;
  expect(live.snapshot().totals.overflows).toBeUndefined();
});
