import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import v8, { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HeapGuard } from './heap-guard.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A full collection, and all that is told of it. */
async function collected(): Promise<void> {
  const told = new Promise<void>((resolve) => {
    const observer = new PerformanceObserver(() => {
      observer.disconnect();
      resolve();
    });
    observer.observe({ entryTypes: ['gc'] });
  });
  const begun = performance.now();
  collect();
  const tookMs = performance.now() - begun;
  await told;
  // One collection right after the other would be a heap that V8 does little but collect.
  await sleep(3 * tookMs);
}

/** Objects of about so many bytes in V8's heap. */
const objects = (bytes: number): number[][] =>
  Array.from({ length: bytes / 1_000 }, () => Array(123).fill(0.5));

test('garbage is no reason, however much there is; what stays after a full collection is', async () => {
  collect();
  const used = v8.getHeapStatistics().used_heap_size;
  const limit = used / 0.74;
  let reached = 0;
  const guard = new HeapGuard(92, limit, () => reached++);
  guard.look();
  // The observer is loaded when it is needed.
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(objects(limit * 0.3).length).toBeGreaterThan(0);
  await collected();
  expect([reached, guard.figures]).toEqual([0, undefined]);
  // Jest's own objects share this heap and may leave it meanwhile.
  const kept: number[][][] = [];
  while (reached === 0 && kept.length < 20) {
    kept.push(objects(limit * 0.05));
    await collected();
  }
  expect(reached).toBe(1);
  // Collections that take long, here or on a busy machine, recycle it earlier.
  if (!guard.figures?.isCollecting) expect(guard.figures?.used).toBeGreaterThan(limit * 0.92);
  expect(kept.length).toBeGreaterThan(0);
});

test('a heap far from its limit is not watched', async () => {
  const { used_heap_size: used } = v8.getHeapStatistics();
  let reached = 0;
  new HeapGuard(92, used * 4, () => reached++).look();
  await collected();
  expect(reached).toBe(0);
});
