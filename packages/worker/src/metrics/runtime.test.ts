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
