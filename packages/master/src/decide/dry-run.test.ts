import type { ReloadPlan } from '@tshorn/core';
import { dryRun, type Known } from './dry-run.ts';
import type { ReloadShape } from './plan.ts';

const MB = 1024 * 1024;
const shape = (kind: ReloadPlan, more: Partial<ReloadShape> = {}): ReloadShape => ({
  kind,
  maxSurge: undefined,
  maxUnavailable: { count: 0 },
  park: true,
  soakMs: 1_000,
  parallelism: 2,
  ...more,
});
const known = (more: Partial<Known> = {}): Known => ({
  size: 4,
  generation: 2,
  shape: shape('rolling'),
  boots: [{ bootMs: 400 }, { bootMs: 600 }],
  residentBytes: [50 * MB, 50 * MB, 50 * MB, 50 * MB],
  canaryMs: 30_000,
  graceMs: 30_000,
  ...more,
});

// The same numbers as in the table of docs/reload.md, which plan.test and reload.test hold the plans to.
test.each([
  [shape('rolling'), { leastReady: 4, mostInService: 5, mostProcesses: 8 }],
  [shape('rolling', { park: false }), { leastReady: 4, mostInService: 5, mostProcesses: 5 }],
  [shape('canary'), { leastReady: 4, mostInService: 6, mostProcesses: 8 }],
  [shape('overlap'), { leastReady: 4, mostInService: 8, mostProcesses: 8 }],
  [shape('replace'), { leastReady: 3, mostInService: 4, mostProcesses: 8 }],
  [shape('replace', { park: false }), { leastReady: 3, mostInService: 4, mostProcesses: 4 }],
  [shape('rolling', { maxUnavailable: { count: 1 } }), { leastReady: 3, mostInService: 5, mostProcesses: 8 }],
])('how many there are: %j', (of, counts) => {
  expect(dryRun(known({ shape: of }))).toMatchObject(counts);
});

test.each([
  // One after the other: four boots.
  [shape('rolling'), { booting: 2_000, soak: 1_000, canary: 0, total: 3_000 }],
  // All at once, but two at a time.
  [shape('overlap'), { booting: 1_000, soak: 1_000, canary: 0, total: 2_000 }],
  // One, the comparison, then three, two at a time.
  [shape('canary'), { booting: 1_500, soak: 1_000, canary: 30_000, total: 32_500 }],
])('how long it takes: %j', (of, time) => {
  expect(dryRun(known({ shape: of })).time).toEqual({ bootMs: 500, ...time });
});

test.each([
  [shape('rolling'), 1],
  [shape('overlap'), 2],
  [shape('rolling', { maxSurge: 'auto', auto: 3 }), 3],
  [shape('rolling', { maxSurge: 'auto', auto: 4 }), 3],
  [shape('canary', { maxSurge: 'auto', auto: 2 }), 2],
])('how many boot at a time: %j', (of, atOnce) => {
  expect(dryRun(known({ shape: of }))).toMatchObject({ atOnce });
});

test('what auto chooses is told with its figures, and is what the plan does', () => {
  const of = shape('rolling', { maxSurge: 'auto', auto: 4 });
  const room = { cpus: 2, busy: 0.5 };
  expect(dryRun(known({ shape: of, room })).auto).toBe(
    'up to 3 workers boot at a time: a boot takes 1.00 CPUs, and 1.5 of 2 are free',
  );
  expect(dryRun(known()).auto).toBeUndefined();
});

test('parked workers keep their memory', () => {
  expect(dryRun(known()).memory).toEqual({ perWorker: 50 * MB, now: 200 * MB, most: 400 * MB });
  expect(dryRun(known({ shape: shape('rolling', { park: false }) })).memory?.most).toBe(250 * MB);
});

test('what is not known is left out', () => {
  const told = dryRun(known({ boots: [], residentBytes: undefined }));
  expect([told.memory, told.time]).toEqual([undefined, undefined]);
});

test('the steps are in words', () => {
  const { steps } = dryRun(known({ size: 1 }));
  expect(steps.map(({ text }) => text)).toEqual([
    'boot a worker of the new generation for slot 0; it waits until it has passed the probe',
    'admit it: it accepts connections',
    'drain the old worker of slot 0, whose connections move',
    'await the drains: connections that cannot move have ended, the old workers are parked',
    'soak: every new worker has served for 1 s without a crash',
    'approve: the hook onCommit may refuse',
    'commit: from here on a crash brings back the new release',
    'release: the parked workers leave',
  ]);
  expect(dryRun(known({ shape: shape('overlap', { park: false }) })).steps[0]?.text).toBe(
    'boot 4 workers of the new generation for slots 0 to 3, 2 at a time; they wait until all have passed the probe',
  );
});
