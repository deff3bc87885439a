import { monitorEventLoopDelay } from 'node:perf_hooks';
import { envelope, readToMaster } from '@tshorn/core';
import { RuntimeFigures } from './runtime.ts';

test('the figures are those of this process, rise where they are sums, and the master accepts them', () => {
  const figures = new RuntimeFigures();
  const first = figures.read();
  const before = performance.now();
  while (performance.now() - before < 20) JSON.stringify({});
  const second = figures.read();
  expect(second.loopActiveMs + second.loopIdleMs).toBeGreaterThan(first.loopActiveMs + first.loopIdleMs);
  expect(second.cpuUserMs + second.cpuSystemMs).toBeGreaterThanOrEqual(first.cpuUserMs + first.cpuSystemMs);
  expect(second.heapUsed).toBeGreaterThan(1_000_000);
  expect(second.heapLimit).toBeGreaterThan(second.heapUsed);
  const message = { type: 'metrics', series: [], active: 0, runtime: second };
  expect(readToMaster(envelope(message)).problem).toBeUndefined();
});

test('a worker at rest is not woken to sample the delay of its event loop, and tells it all the same', () => {
  const real = monitorEventLoopDelay();
  const calls: string[] = [];
  let now = 0;
  const delay = Object.assign(real, {
    enable: () => calls.push('enable') > 0,
    disable: () => calls.push('disable') > 0,
  });
  const figures = new RuntimeFigures(delay, () => now);
  figures.look(true, 7, 0.01);
  now = 10_000;
  expect(figures.read().loopDelay?.max).toBeCloseTo(27, 1);
  expect(calls).toEqual([]);
  figures.look(false, 0, 0.01);
  expect(calls).toEqual(['enable']);
  for (let second = 0; second < 9; second++) figures.look(true, 0, 0.01);
  expect(calls).toEqual(['enable']);
  figures.look(true, 0, 0.01);
  expect(calls).toEqual(['enable', 'disable']);
  for (let second = 0; second < 3; second++) figures.look(true, 0, 0.5);
  figures.look(true, 0, 0.01);
  for (let second = 0; second < 3; second++) figures.look(true, 0, 0.5);
  expect(calls).toEqual(['enable', 'disable']);
  figures.look(true, 0, 0.5);
  expect(calls).toEqual(['enable', 'disable', 'enable']);
});
