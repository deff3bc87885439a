import type { Heartbeat } from './heartbeat.ts';
import { fillRecord, isRest, RECORD_NUMBERS, readRecord } from './heartbeat-record.ts';

const loopDelay = { min: 20.1, max: 31.5, mean: 21, stddev: 0.4, p50: 21, p90: 22, p99: 30 };
const runtime = {
  loopActiveMs: 12.5,
  loopIdleMs: 99_000,
  cpuUserMs: 210,
  cpuSystemMs: 31,
  heapUsed: 8_000_000,
  heapTotal: 9_000_000,
  heapLimit: 4_000_000_000,
  external: 2_000_000,
};
const own = { requests: 7, rss: 50_000_000, loopDelayMs: 3 };
const atRest: Heartbeat = { ...own, metrics: { series: [], active: 1, runtime } };

const filled = (heartbeat: Heartbeat, at = 5) => {
  const record = new Float64Array(RECORD_NUMBERS);
  return { record, fits: fillRecord(record, heartbeat, at) };
};

test.each<[string, Heartbeat]>([
  ['at rest', atRest],
  [
    'all figures',
    {
      ...own,
      metrics: {
        series: [],
        active: 0,
        shed: { loop: 1, limit: 0, proxy: 2, 'client-gone': 3 },
        runtime: { ...runtime, openFiles: 21, loopDelay },
      },
    },
  ],
  ['before the first figures of the process', { ...own, metrics: { series: [], active: 0 } }],
  ['without metrics', { ...own, loop: { activeMs: 1, idleMs: 2, cpuMs: 3 } }],
])('a record tells all of a heartbeat: %s', (_name, heartbeat) => {
  const { record, fits } = filled(heartbeat);
  expect(fits).toBe(true);
  expect(readRecord(record)).toEqual({ at: 5, heartbeat });
});

test.each<[string, Heartbeat]>([
  ['a full heap', { ...atRest, heap: { used: 9, limit: 10 } }],
  [
    'requests that have ended',
    {
      ...own,
      metrics: {
        active: 0,
        series: [{ method: 'GET', status: 200, counts: new Array(15).fill(0), sumMs: 1 }],
      },
    },
  ],
])('what must not be lost fits no record: %s', (_name, heartbeat) => {
  expect(filled(heartbeat).fits).toBe(false);
});

test('a record keeps the collections of the heartbeats before it', () => {
  const record = new Float64Array(RECORD_NUMBERS);
  const minor = { kind: 'minor' as const, counts: [1, 2, 0, 0, 0], sumMs: 0.3 };
  const major = { kind: 'major' as const, counts: [0, 0, 0, 0, 1], sumMs: 12 };
  const weakcb = { kind: 'weakcb' as const, counts: [0, 0, 1, 0, 0], sumMs: 2 };
  const write = (at: number, gc?: (typeof minor | typeof major | typeof weakcb)[]) => {
    const heartbeat = {
      ...own,
      metrics: { series: [], active: 0, runtime: { ...runtime, ...(gc && { gc }) } },
    };
    expect(fillRecord(record, heartbeat, at)).toBe(true);
    return readRecord(record)?.heartbeat.metrics?.runtime?.gc;
  };
  expect(write(1)).toBeUndefined();
  expect(write(2, [minor, weakcb])).toEqual([minor, weakcb]);
  expect(write(3, [major])).toEqual([minor, major, weakcb]);
  const later = { ...minor, counts: [5, 2, 0, 0, 0], sumMs: 0.4 };
  expect(write(4, [later])).toEqual([later, major, weakcb]);
  expect(write(5)).toEqual([later, major, weakcb]);
});

test('a record that is empty, half written or forged is none', () => {
  expect(readRecord(new Float64Array(RECORD_NUMBERS))).toBeUndefined();
  const { record } = filled(atRest);
  const halfWritten = record.slice();
  halfWritten[0] = 6;
  expect(readRecord(halfWritten)).toBeUndefined();
  const forged = record.slice();
  forged[1] = -1;
  expect(readRecord(forged)).toBeUndefined();
});

const MB = 2 ** 20;
const idle = { ...own, rss: 50 * MB };
const resting = (more: Partial<typeof runtime> = {}, active = 0): Heartbeat => ({
  ...idle,
  metrics: {
    series: [],
    active,
    shed: { loop: 1, limit: 0, proxy: 0, 'client-gone': 0 },
    runtime: { ...runtime, ...more },
  },
});

test.each<[string, boolean, Heartbeat, Heartbeat]>([
  [
    'timers of its own',
    true,
    resting(),
    resting({ loopActiveMs: 42, heapUsed: 9_000_000, openFiles: 3 } as object),
  ],
  [
    'without metrics',
    true,
    { ...idle, loop: { activeMs: 1, idleMs: 2, cpuMs: 3 } },
    { ...idle, loop: { activeMs: 9, idleMs: 1_994, cpuMs: 4 } },
  ],
  ['a request', false, resting(), { ...resting(), requests: 8 }],
  ['a request that goes on', false, resting({}, 1), resting({}, 1)],
  [
    'a request that was shed',
    false,
    resting(),
    {
      ...resting(),
      metrics: { ...resting().metrics, shed: { loop: 2, limit: 0, proxy: 0, 'client-gone': 0 } },
    } as Heartbeat,
  ],
  ['work of its own', false, resting(), resting({ loopActiveMs: 212.5 })],
  [
    'the same without metrics',
    false,
    { ...idle, loop: { activeMs: 1, idleMs: 2, cpuMs: 3 } },
    { ...idle, loop: { activeMs: 900, idleMs: 1_100, cpuMs: 4 } },
  ],
  ['memory', false, resting(), { ...resting(), rss: 55 * MB }],
  ['memory given back', false, resting(), { ...resting(), rss: 45 * MB }],
  ['the first figures of the process', false, { ...idle, metrics: { series: [], active: 0 } }, resting()],
])('between two records, %s: at rest is %s', (_name, rests, before, after) => {
  expect(isRest(filled(before, 1_000).record, filled(after, 3_000).record)).toBe(rests);
});

test('memory that grows by little each time is told when it is much', () => {
  const [told, before, record] = [50, 53, 56].map(
    (mb, n) => filled({ ...resting(), rss: mb * MB }, 2_000 * (n + 1)).record,
  );
  expect(isRest(before as Float64Array, record as Float64Array)).toBe(true);
  expect(isRest(before as Float64Array, record as Float64Array, told)).toBe(false);
});
